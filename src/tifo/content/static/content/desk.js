// Kinder with script: a tag goes where the cursor is, and the preview follows the writing.
const text = document.getElementById("id_source");
const form = document.getElementById("block");
const see = document.getElementById("see");
let waiting = 0;

function show() {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(() => { if (text.value.trim()) form.requestSubmit(see); }, 700);
}

for (const button of document.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => {
    text.focus();
    text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
text.addEventListener("input", show);
for (const id of ["fan", "sought", "seen-dark", "id_kind"]) document.getElementById(id)?.addEventListener("change", show);
document.getElementById("problems").addEventListener("click", (event) => {
  const wanted = event.target.closest("[data-line]");
  if (!wanted) return;
  event.preventDefault();
  const lines = text.value.split("\n");
  const number = Math.min(Number(wanted.dataset.line), lines.length);
  const start = lines.slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
  text.focus();
  text.setSelectionRange(start, start + lines[number - 1].length);
});
