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
  trueAt = Date.now();
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

// Where a line broke off, the words say how old the page is: since it came, or since the last that
// was heard on a line. Other scripts say "lost" and "back" of what they ask for themselves.
let trueAt = pageStart;
const breaksOff = () => {
  document.documentElement.dataset.live = "lost";
  if (!stale || !stale.hidden) return;
  stale.querySelector("time").dateTime = new Date(trueAt + shift).toISOString();
  stale.hidden = false;
  tick();
};
const comesBack = () => {
  trueAt = Date.now();
  delete document.documentElement.dataset.live;
  if (stale) stale.hidden = true;
};
document.body.addEventListener("htmx:sseError", breaksOff);
document.body.addEventListener("htmx:sseOpen", comesBack);
document.addEventListener("lost", breaksOff);
document.addEventListener("back", comesBack);
addEventListener("offline", breaksOff);

// A line may fall silent and never say that it broke. The house sends a beat each 15 s: after two
// that did not come the line counts as lost, and htmx asks for another one.
const SILENT_MS = 40_000;
const watched = (url) => {
  const line = new EventSource(url, { withCredentials: true });
  let heardAt = Date.now();
  const hears = () => {
    heardAt = Date.now();
    if (line.readyState === EventSource.OPEN) trueAt = heardAt;
  };
  for (const kind of ["open", "beat", "view"]) line.addEventListener(kind, hears);
  const watch = setInterval(() => {
    if (line.readyState === EventSource.CLOSED) return clearInterval(watch);
    if (Date.now() - heardAt < SILENT_MS) return;
    clearInterval(watch);
    line.close();
    line.dispatchEvent(new Event("error"));
  }, 1000);
  return line;
};

// Drivers' pages are an app: what works without a line is in sw.js.
if (document.documentElement.classList.contains("driver") && "serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
}

// A live view is drawn anew with each reading; what a person opened in it stays open.
document.addEventListener("DOMContentLoaded", () => {
  if ("htmx" in window) window.htmx.createEventSource = watched;
  if (!("Idiomorph" in window)) return;
  window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" && ["DIALOG", "DETAILS"].includes(node.nodeName));
});
