// A draw, computed again in the browser. Format: docs/reference/draw.md (tifo-draw/1). Hashes are WebCrypto's; the millions
// of a big draw are computed here and held against WebCrypto's first. It shares no code with the server, and none with
// tools/verify_draw.py, which also checks the beacon's signature.

import { hmac, sha256 } from "./sha256.js";

const subtle = globalThis.crypto.subtle;
const utf8 = new TextEncoder();
const AT_ONCE = 4096; // hashes between two looks at what the reader does
const COMPARED = 64; // hashes of each kind that WebCrypto computes too

export class Wrong extends Error {}

function need(holds, what, values = {}) {
  if (!holds) throw Object.assign(new Wrong(what), { values });
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function bytes(text) {
  need(/^([0-9a-f]{2})*$/.test(text), "hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export async function sha(...parts) {
  return new Uint8Array(await subtle.digest("SHA-256", joined(...parts)));
}

// Keys by code point (ours are ASCII, where a unit is one); strings as JSON.stringify writes them; integers only.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  need(typeof value !== "number" || Number.isSafeInteger(value), "fraction");
  return JSON.stringify(value);
}

export async function hashOf(value) {
  return hex(await sha(utf8.encode(canonical(value))));
}

export function compare(a, b) {
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return a[at] - b[at];
  return 0;
}

// Many small computations, a few thousand at a time, telling how far they are; `slow` is what holds the first of them.
async function each(count, make, slow, tell = () => {}) {
  const made = new Array(count);
  for (let from = 0; from < count; from += AT_ONCE) {
    const to = Math.min(count, from + AT_ONCE);
    for (let at = from; at < to; at += 1) made[at] = make(at);
    tell(to, count);
    if (to < count) await new Promise((go) => { setTimeout(go, 0); });
  }
  for (let at = 0; at < Math.min(count, COMPARED); at += 1) need(compare(made[at], await slow(at)) === 0, "engine");
  return made;
}

export function commitmentOf(salt, holder) {
  return sha(utf8.encode("tifo-draw/1 entry\0"), salt, utf8.encode(holder));
}

function leafText(rulesHash, commitment, stratum, weight, facts) {
  return utf8.encode(`\0${rulesHash}|${commitment}|${stratum}|${weight}|${facts.join(",")}`);
}

export function leafOf(...told) {
  return sha(leafText(...told));
}

export async function rootOf(leaves, tell) {
  let level = leaves;
  while (level.length > 1) {
    const below = level;
    const pair = (at) => joined(Uint8Array.of(1), below[2 * at], below[2 * at + 1]);
    level = await each(below.length >> 1, (at) => sha256(pair(at)), (at) => sha(pair(at)), tell);
    if (below.length % 2) level.push(below[below.length - 1]);
  }
  return level[0];
}

// Where a path leads to; null if it has not the right length.
export async function rootByPath(leaf, index, count, path) {
  let here = leaf;
  let used = 0;
  for (let i = index, n = count; n > 1; i >>= 1, n = (n + 1) >> 1) {
    if (i % 2 === 0 && i + 1 >= n) continue;
    if (used >= path.length) return null;
    const beside = path[used];
    used += 1;
    here = i % 2 ? await sha(Uint8Array.of(1), beside, here) : await sha(Uint8Array.of(1), here, beside);
  }
  return used === path.length ? here : null;
}

export function seedOf(rulesHash, root, randomness) {
  return sha(utf8.encode("tifo-draw/1 seed\0"), bytes(rulesHash), root, randomness);
}

function ticketsOf(leaf, weight) {
  return Array.from({ length: weight }, (_, ticket) => {
    const message = new Uint8Array(36);
    message.set(leaf);
    new DataView(message.buffer).setUint32(32, ticket);
    return message;
  });
}

function least(scores) {
  return scores.reduce((best, score) => (compare(score, best) < 0 ? score : best));
}

async function scoresOf(seed, leaves, rows, tell) {
  const key = await subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const sign = async (message) => new Uint8Array(await subtle.sign("HMAC", key, message));
  const fast = hmac(seed);
  const tickets = (at) => ticketsOf(leaves[at], rows[at][2]);
  return each(
    rows.length,
    (at) => least(tickets(at).map(fast)),
    async (at) => least(await Promise.all(tickets(at).map(sign))),
    tell,
  );
}

export async function checkLog(log) {
  let last = "0".repeat(64);
  for (const [at, entry] of log.entries()) {
    const { hash, ...rest } = entry;
    need(rest.number === at + 1 && rest.previous === last, "log", { number: at + 1 });
    need((await hashOf(rest)) === hash, "log", { number: at + 1 });
    last = hash;
  }
  return last;
}

function published(log, offer) {
  const one = (kind) => {
    const found = log.filter((entry) => entry.offer === offer && entry.kind === kind);
    need(found.length === 1, "once", { kind });
    return found[0];
  };
  const [freeze, drawn] = [one("freeze"), one("drawn")];
  const again = log.filter((entry) => entry.kind === "freeze" && entry.body.root === freeze.body.root);
  need(again.length === 1 && drawn.number > freeze.number, "once", { kind: "freeze" });
  const before = log.filter((entry) => entry.offer === offer && entry.kind === "rules" && entry.number < freeze.number);
  return { freeze, drawn, rules: before[before.length - 1] };
}

async function randomnessOf(transcript) {
  const { rules, beacon, log } = transcript;
  let found;
  if (beacon.source === "drand") {
    const freeze = log.find((entry) => entry.offer === rules.offer && entry.kind === "freeze");
    need(freeze.body.target.round === beacon.round, "randomness");
    found = await sha(bytes(beacon.signature));
  } else {
    need(beacon.source === "reveal", "randomness");
    const parties = rules.randomness.parties ?? rules.randomness.fallback.parties;
    const secrets = beacon.secrets.map(bytes);
    need(secrets.length === parties.length, "secrets");
    for (const [at, party] of parties.entries()) {
      need(hex(await sha(secrets[at])) === party.commitment, "secrets");
      const told = log.filter((entry) => entry.offer === rules.offer && entry.kind === "reveal" && entry.body.party === party.name);
      need(told.length === 1 && told[0].body.secret === beacon.secrets[at], "secrets");
    }
    found = await sha(utf8.encode("tifo-draw/1 reveal\0"), ...secrets);
  }
  need(hex(found) === beacon.randomness, "randomness");
  return found;
}

// Everything in a transcript but the beacon's signature. `tell(step, done, of)` says how far it is.
export async function checkDraw(transcript, tell = () => {}) {
  const { rules, entries, result, log } = transcript;
  need(transcript.format === "tifo-draw/1" && rules.format === "tifo-draw/1", "format");
  tell("rules", 0, 1);
  const rulesHash = await hashOf(rules);
  tell("log", 0, log.length);
  const head = await checkLog(log);
  need(head === transcript.head, "log", { number: log.length });
  const { freeze, drawn, rules: last } = published(log, rules.offer);
  need(last && last.body.rules_hash === rulesHash && freeze.body.rules_hash === rulesHash, "rules");
  const { rows } = entries;
  const columns = ["commitment", "stratum", "weight", ...rules.inputs.map(({ key }) => key)];
  need(canonical(entries.columns) === canonical(columns), "entries");
  const text = (at) => leafText(rulesHash, rows[at][0], rows[at][1], rows[at][2], rows[at].slice(3));
  need(rows.every((row) => Number.isInteger(row[2]) && row[2] >= 1 && row[2] <= 1000), "entries");
  const leaves = await each(rows.length, (at) => sha256(text(at)), (at) => sha(text(at)), (done, of) => tell("entries", done, of));
  for (let at = 1; at < leaves.length; at += 1) need(compare(leaves[at - 1], leaves[at]) < 0, "order", { number: at });
  need(freeze.body.entries === rows.length, "entries");
  const root = await rootOf(leaves, (done, of) => tell("root", done, of));
  need(hex(root) === freeze.body.root && freeze.body.root === drawn.body.root, "root");
  const seed = await seedOf(rulesHash, root, await randomnessOf(transcript));
  need(hex(seed) === result.seed && result.seed === drawn.body.seed, "seed");
  const scores = await scoresOf(seed, leaves, rows, (done, of) => tell("ranking", done, of));
  const ranked = new Map(rules.strata.map(({ key }) => [key, []]));
  for (let at = 0; at < rows.length; at += 1) ranked.get(rows[at][1]).push(at);
  const inOrder = [];
  for (const [number, { key, places }] of rules.strata.entries()) {
    const those = ranked.get(key).sort((a, b) => compare(scores[a], scores[b]) || a - b); // leaves ascend with their numbers
    const said = result.strata[number];
    need(said && said.key === key && said.winners === Math.min(places, those.length), "ranking", { key });
    need(said.ranking.length === those.length && those.every((at, rank) => at === said.ranking[rank]), "ranking", { key });
    for (const at of those) inOrder.push(leaves[at]);
  }
  const together = new Uint8Array(32 * inOrder.length); // not as arguments: there may be millions
  inOrder.forEach((leaf, at) => together.set(leaf, 32 * at));
  const order = hex(await sha(together));
  need(order === result.order && order === drawn.body.order, "ranking", { key: "" });
  return { rulesHash, head, freeze, drawn, leaves, root, ranked };
}

// A receipt by itself: the root that its path leads to is the one it names.
export async function checkReceipt(receipt) {
  need(receipt.format === "tifo-receipt/1", "format");
  const commitment = hex(await commitmentOf(bytes(receipt.salt), receipt.holder));
  const leaf = await leafOf(receipt.rules_hash, commitment, receipt.stratum, receipt.weight, receipt.facts);
  const root = await rootByPath(leaf, receipt.index, receipt.entries, receipt.path.map(bytes));
  need(root !== null && hex(root) === receipt.root, "path");
  return { commitment, leaf };
}

// A receipt against what the public log says, without the whole transcript: is this entry in the frozen root?
export async function checkInLog(receipt, log) {
  const found = await checkReceipt(receipt);
  await checkLog(log);
  const freeze = log.find((entry) => entry.hash === receipt.head);
  need(freeze && freeze.kind === "freeze" && freeze.offer === receipt.offer, "receipt");
  need(freeze.body.root === receipt.root && freeze.body.entries === receipt.entries, "receipt");
  need(freeze.body.rules_hash === receipt.rules_hash, "receipt");
  return { ...found, freeze };
}

// A receipt in a draw that was checked: her rank among how many, and whether it won.
export async function checkMine(receipt, transcript, checked) {
  const { leaf } = await checkReceipt(receipt);
  need(receipt.root === hex(checked.root) && receipt.head === checked.freeze.hash, "receipt");
  const at = checked.leaves[receipt.index];
  need(at !== undefined && compare(at, leaf) === 0, "receipt");
  const those = checked.ranked.get(receipt.stratum);
  const { places } = transcript.rules.strata.find(({ key }) => key === receipt.stratum);
  const rank = those.indexOf(receipt.index) + 1;
  return { rank, of: those.length, won: rank <= places, stratum: receipt.stratum };
}
