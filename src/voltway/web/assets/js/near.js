// Nearest first. Where somebody is leaves the browser rounded to about a kilometre, in the body of
// a request, and is kept nowhere; the distances are worked out here.
const REFRESH_MS = 60_000;
const PATIENCE_MS = 15_000;
const AGAIN_MS = 20_000;

const found = document.querySelector("[data-found]");
const search = document.querySelector("[data-search]");

const metres = (a, b) => {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return Math.hypot(x, y) * 6371000;
};

const inWords = (far) => {
  if (far < 1000) return `${Math.round(far / 10) * 10}\u00a0m`;
  const digits = far < 10000 ? 1 : 0;
  const shown = (far / 1000).toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${shown}\u00a0km`;
};

const order = (here) => {
  const list = found.querySelector("[data-places]");
  if (!list) return;
  const rows = [...list.children].map((row) => ({
    row,
    far: metres(here, { lat: Number(row.dataset.lat), lon: Number(row.dataset.lon) }),
  }));
  rows.sort((a, b) => a.far - b.far);
  for (const { row, far } of rows) {
    row.querySelector("[data-far]").textContent = inWords(far);
    list.append(row);
  }
};

// The page is told whether what stands on it is of now (page.js).
const tells = (news) => document.dispatchEvent(new CustomEvent(news));

// The text of an answer; a line that hangs counts as lost.
const textOf = async (address, how) => {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(address, { ...how, signal: stop.signal });
    if (!answer.ok) throw new Error(`the list came as ${answer.status}`);
    return await answer.text();
  } finally {
    clearTimeout(late);
  }
};

// The list as it is now: in the order in which it stands, or by the page's own address.
const listed = async (here) => {
  if (!here) {
    const page = new DOMParser().parseFromString(await textOf(location.href), "text/html");
    return page.querySelector("[data-found]").innerHTML;
  }
  const asks = new URLSearchParams(new FormData(search));
  asks.set("lat", here.lat.toFixed(2));
  asks.set("lon", here.lon.toFixed(2));
  return textOf("/near", { method: "POST", body: asks });
};

let freshAt = Date.now();
let triedAt = freshAt;
let sortedFrom = null;
let asked = 0;

// Whether it came. Who stands on a place of the list with the keyboard stays there.
const draws = async (here) => {
  const nth = ++asked;
  triedAt = Date.now();
  try {
    const html = await listed(here);
    if (nth !== asked) return; // Another one was asked for meanwhile.
    const at = found.contains(document.activeElement) && document.activeElement.getAttribute("href");
    found.innerHTML = html;
    if (at) found.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
    freshAt = Date.now();
    tells("back");
  } catch {
    if (nth !== asked) return;
    tells("lost"); // What is here stays, and says how old it is.
  }
  if (here) order(here);
  else showButton();
  onMyClock();
};

// Read again each minute while somebody looks, and sooner where the line was lost.
const keepFresh = () => {
  const wait = triedAt > freshAt ? AGAIN_MS : REFRESH_MS;
  if (!document.hidden && Date.now() - triedAt >= wait) draws(sortedFrom);
};

// The house says when the list was true by the clock of its first place; here by the reader's.
const onMyClock = () => {
  const at = found.querySelector("time[data-as-of]");
  if (!at) return;
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }).format(new Date(at.dateTime));
  if (at.textContent !== clock) at.textContent = clock;
};

const ask = async (here) => {
  sortedFrom = here;
  await draws(here);
  document.dispatchEvent(new CustomEvent("here", { detail: here }));
  const status = found.querySelector("[role=status]");
  status.tabIndex = -1;
  status.focus();
};

// The list that is drawn anew has a new button.
const showButton = () => {
  const button = found.querySelector("[data-near]");
  if (!button || !("geolocation" in navigator)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => ask({ lat: coords.latitude, lon: coords.longitude }),
      () => {
        button.textContent = button.dataset.none;
      },
      { maximumAge: 60000, timeout: 10000 },
    );
  });
};

showButton();
onMyClock();
setInterval(keepFresh, 1000);
document.addEventListener("visibilitychange", keepFresh);
addEventListener("online", () => draws(sortedFrom));
