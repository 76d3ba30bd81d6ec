// Ages that stay true, dialogs, and the key for the find box. Every page works without this file.
"use strict";

const span = (seconds) => {
  if (seconds < 60) return `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}\u00a0h\u00a0${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(hours / 24)}\u00a0d`;
};

// How the language of the page says that something was so long ago.
const said = document.querySelector("meta[name=ago]")?.content ?? "{} ago";
const ago = (seconds) => said.replace("{}", span(seconds));

// The server's clock, not this machine's, says how old a value is.
const skew = () => {
  const now = document.querySelector("meta[name=now]");
  return now ? Date.parse(now.content) - pageStart : 0;
};
const pageStart = Date.now();
const stale = document.querySelector("[data-stale]");
// A page out of the browser's memory was made long ago: there only this machine's clock is known.
const shift = stale?.dataset.stale === "kept" ? 0 : skew();

const tick = () => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = Math.floor((Date.now() + shift - Date.parse(time.dateTime)) / 1000);
    const words = ago(Math.max(0, seconds));
    if (time.textContent !== words) time.textContent = words;
  }
};
setInterval(tick, 1000);
tick();

// A row of links that scrolls sideways begins where one is.
for (const here of document.querySelectorAll(".tabs [aria-current], .rail [aria-current]")) {
  const row = here.closest(".tabs, ul");
  const middle = (box) => (box.left + box.right) / 2;
  row.scrollBy({
    left: middle(here.getBoundingClientRect()) - middle(row.getBoundingClientRect()),
    behavior: "instant",
  });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const find = document.querySelector("[data-find]");
    if (find) {
      event.preventDefault();
      find.focus();
      find.select();
    }
  }
  if (event.key === "Escape") {
    const close = document.querySelector("[data-drawer-close]");
    if (close && !document.querySelector("dialog[open]")) close.click();
  }
});

// A form that was sent once is not sent twice by an impatient thumb.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  if (form.method === "post") form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A live view was drawn anew: its age begins again.
document.body.addEventListener("htmx:sseMessage", () => {
  for (const time of document.querySelectorAll("time[data-clock]")) {
    const now = new Date(Date.now() + shift);
    time.dateTime = now.toISOString();
    time.textContent = new Intl.DateTimeFormat("en-GB", {
      timeZone: time.dataset.clock,
      timeStyle: "medium",
    }).format(now);
  }
  tick();
});

// Where a live view broke off, its age goes on; the words say so. What stands on a page without
// a line is of the moment in which the line was lost.
const live = () => document.querySelector("[sse-connect]") !== null;
const breaksOff = () => {
  document.documentElement.dataset.live = "lost";
  if (!stale || !stale.hidden) return;
  if (live()) stale.querySelector("time").dateTime = new Date(Date.now() + shift).toISOString();
  stale.hidden = false;
  tick();
};
document.body.addEventListener("htmx:sseError", breaksOff);
addEventListener("offline", breaksOff);
document.body.addEventListener("htmx:sseOpen", () => {
  delete document.documentElement.dataset.live;
  if (stale) stale.hidden = true;
});

// Drivers' pages are an app: what works without a line is in sw.js.
if (document.documentElement.classList.contains("driver") && "serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
}

// A live view is drawn anew with each reading; what a person opened in it stays open.
document.addEventListener("DOMContentLoaded", () => {
  if (!("Idiomorph" in window)) return;
  window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" && ["DIALOG", "DETAILS"].includes(node.nodeName));
});
