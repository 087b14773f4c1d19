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

// What a phone has kept of a shift is nobody else's: it goes before somebody else comes.
document.addEventListener("submit", (event) => {
  const way = new URL(event.target.action, location).pathname;
  if (!way.startsWith("/sign-") || !("caches" in window) || event.defaultPrevented) return;
  event.preventDefault();
  caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name)))).finally(() => event.target.submit());
});

document.addEventListener("submit", (event) => {
  for (const send of event.target.querySelectorAll("button[type=submit]")) {
    setTimeout(() => { send.disabled = true; }, 0);
    setTimeout(() => { send.disabled = false; }, 4000);
  }
});
