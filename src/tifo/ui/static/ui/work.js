// The little work that a form asks for (ALTCHA): done while she writes. Without it the form works too, only less often.

const found = new Map();

async function digest(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function solve({ algorithm, challenge, maxnumber, salt, signature }) {
  const together = 500;
  for (let first = 0; first <= maxnumber; first += together) {
    const hashes = await Promise.all(Array.from({ length: together }, (_, step) => digest(salt + (first + step))));
    const at = hashes.indexOf(challenge);
    if (at >= 0) return btoa(JSON.stringify({ algorithm, challenge, number: first + at, salt, signature }));
  }
  return "";
}

const LASTS = 20 * 60 * 1000; // milliseconds: less than a challenge does
const PATIENCE = 5000; // milliseconds that a form waits for its work

// Once for each form, and anew where what was found may have expired.
function worked(field) {
  const known = found.get(field);
  if (known && Date.now() - known.begun < LASTS) return known.done;
  field.value = "";
  const done = (async () => {
    try {
      const answer = await fetch(field.dataset.work, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      field.value = await solve(await answer.json());
    } catch { found.delete(field); }
  })();
  found.set(field, { begun: Date.now(), done });
  return done;
}

// A form that is sent before its work is done waits for it, but not for long. The pause before it goes: a browser
// sends no form while it still tells of the first press.
function waits(field) {
  const { form } = field;
  let [waiting, patient] = [false, true];
  form.addEventListener("submit", async (event) => {
    if (field.value || !patient) return;
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    form.setAttribute("aria-busy", "true");
    await Promise.race([worked(field), new Promise((over) => setTimeout(over, PATIENCE))]);
    await new Promise((over) => setTimeout(over));
    form.removeAttribute("aria-busy");
    [waiting, patient] = [false, false];
    form.requestSubmit(event.submitter);
  });
}

for (const field of document.querySelectorAll("input[data-work]")) {
  if (!globalThis.crypto?.subtle) break;
  field.form.addEventListener("focusin", () => worked(field));
  waits(field);
}
