// The page that checks a draw: reads the files she chose, computes, and says what it found. Nothing leaves the browser.
import { Wrong, checkDraw, checkMine, checkReceipt } from "./draw.js";

const at = (id) => document.getElementById(id);
const [form, now, progress, result] = ["check", "now", "progress", "result"].map(at);
const words = new Map();
for (const one of at("words").content.querySelectorAll("[data-word]")) words.set(one.dataset.word, one.textContent);
const offer = new URLSearchParams(window.location.search).get("offer") ?? "";
const known = /^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/.test(offer);

function word(key, values = {}) {
  return words.get(key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

function told(step, done, of) {
  now.textContent = word(step);
  progress.value = of ? Math.floor((100 * done) / of) : 0;
}

function show(title, lines, good) {
  const box = document.createElement("section");
  box.className = "card";
  box.dataset.good = String(good);
  const head = document.createElement("h2");
  head.textContent = title;
  const list = document.createElement("ul");
  list.className = "wrap-anywhere";
  for (const line of lines) {
    const item = document.createElement("li");
    item.textContent = line;
    list.append(item);
  }
  box.append(head, list);
  result.replaceChildren(box);
  result.hidden = false;
  result.focus();
}

async function read(input) {
  if (!input.files.length) return null;
  return JSON.parse(await input.files[0].text());
}

async function transcriptOf() {
  if (at("transcript").files.length || !known) return read(at("transcript"));
  const answer = await fetch(`/rewards/${offer}/transcript.json`);
  return answer.ok ? answer.json() : null;
}

// Hers, where she is signed in and took part; nobody else is answered.
async function receiptOf() {
  if (at("receipt").files.length || !known) return read(at("receipt"));
  try {
    const answer = await fetch(`/rewards/${offer}/receipt.json`, { redirect: "error" });
    return answer.ok ? await answer.json() : null;
  } catch { return null; }
}

async function check(transcript, receipt) {
  if (!transcript && !receipt) return show(word("none"), [], false);
  if (!transcript) {
    await checkReceipt(receipt);
    return show(word("mine-frozen"), [receipt.root, receipt.head], true);
  }
  const found = await checkDraw(transcript, told);
  const lines = ["rules", "log", "root", "ranking"].map((key) => word(key));
  if (receipt) {
    const mine = await checkMine(receipt, transcript, found);
    lines.push(word("mine", mine), word(mine.won ? "won" : "waiting"));
  }
  lines.push(word("head", found));
  return show(word("good"), lines, true);
}

// A file that can be read but does not hang together is wrong, however it fails.
function refuse(problem) {
  const key = problem instanceof Wrong ? `wrong-${problem.message}` : "";
  show(word("bad"), words.has(key) ? [word(key, problem.values)] : [], false);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  result.hidden = true;
  if (!globalThis.crypto?.subtle) {
    show(word("old"), [], false);
    return;
  }
  progress.hidden = false;
  try {
    const files = await Promise.all([transcriptOf(), receiptOf()]);
    await check(...files).catch(refuse);
  } catch {
    show(word("unreadable"), [], false);
  } finally {
    progress.hidden = true;
    now.textContent = "";
  }
});

if (known) at("chosen").textContent = offer;
