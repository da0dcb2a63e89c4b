// Small kindnesses. Every page works without them.

function offerCopying(root) {
  for (const button of root.querySelectorAll("[data-copy][hidden]")) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    const words = button.querySelector("span");
    const said = words.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      words.textContent = button.dataset.done;
      setTimeout(() => { words.textContent = said; }, 2000);
    });
  }
}

// A confirmation's button wakes up once the word asked for is there. The server checks it all the same.
function watchTyping(root) {
  const plain = (text) => text.trim().normalize("NFC").toLocaleLowerCase();
  for (const input of root.querySelectorAll("input[data-typed]")) {
    const submit = input.form.querySelector('button[type="submit"]');
    const look = () => { submit.disabled = plain(input.value) !== plain(input.dataset.typed); };
    input.addEventListener("input", look);
    look();
  }
}

function awaken(root) {
  offerCopying(root);
  watchTyping(root);
}

// "/" goes to the search, as on many desks; Ctrl or Cmd with Enter sends the form of a long text.
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector('[data-shortcut="/"]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && writing?.matches("textarea")) {
    writing.form?.requestSubmit();
  }
});

// An open menu closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.languages[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.languages[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("htmx:load", (event) => awaken(event.target));
awaken(document);
