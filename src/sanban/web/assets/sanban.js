"use strict";
// What pages do beyond HTML: the menu folds on phones, a form sends once, dialogs of facts close with Escape.
document.documentElement.classList.add("js");

const button = document.querySelector(".menu-button");
if (button) {
  const menu = document.getElementById("menu");
  const fold = (open) => {
    button.setAttribute("aria-expanded", String(open));
    menu.classList.toggle("open", open);
  };
  button.addEventListener("click", () => fold(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
      fold(false);
      button.focus();
    }
  });
}

document.addEventListener("submit", (event) => {
  for (const send of event.target.querySelectorAll("button[type=submit]")) {
    setTimeout(() => { send.disabled = true; }, 0);
    setTimeout(() => { send.disabled = false; }, 4000);
  }
});
