// Shows or hides a password. The page is complete without this: the button is
// in the page but hidden, and only appears when this script runs.
"use strict";
for (const button of document.querySelectorAll("button[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  if (!field) continue;
  const word = button.querySelector("span");
  const icon = button.querySelector("use");
  const paint = () => {
    const shown = field.type === "text";
    word.textContent = shown ? button.dataset.hide : button.dataset.show;
    button.setAttribute("aria-label", shown ? button.dataset.hideLabel : button.dataset.showLabel);
    icon.setAttribute("href", icon.getAttribute("href").replace(/#.*$/, shown ? "#eye-off" : "#eye"));
  };
  button.hidden = false;
  button.parentElement.classList.add("has-reveal");
  button.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    paint();
    field.focus();
  });
  // A password must leave as a password, so that the browser does not remember it as plain text.
  if (field.form) field.form.addEventListener("submit", () => { field.type = "password"; });
  paint();
}
// Finds tiles while one types; without this script the form asks the server. Letters count without their accents.
for (const field of document.querySelectorAll("input[data-filters]")) {
  const list = document.getElementById(field.dataset.filters);
  const none = document.querySelector(`[data-filter-none="${field.dataset.filters}"]`);
  if (!list) continue;
  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replaceAll("đ", "d");
  field.addEventListener("input", () => {
    const words = plain(field.value).split(/\s+/);
    let left = 0;
    for (const item of list.children) {
      item.hidden = !words.every((word) => item.dataset.foundBy.includes(word));
      if (!item.hidden) left += 1;
    }
    if (none) none.hidden = left > 0;
  });
}
