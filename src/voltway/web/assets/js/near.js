// Nearest first. Where somebody is leaves the browser rounded to about a kilometre, in the body of
// a request, and is kept nowhere; the distances are worked out here.
const button = document.querySelector("[data-near]");
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

const ask = async (here) => {
  const asks = new URLSearchParams(new FormData(search));
  asks.set("lat", here.lat.toFixed(2));
  asks.set("lon", here.lon.toFixed(2));
  try {
    const answer = await fetch("/near", { method: "POST", body: asks });
    if (answer.ok) found.innerHTML = await answer.text();
  } catch {
    // Without a line those that are here are put in order.
  }
  order(here);
  document.dispatchEvent(new CustomEvent("here", { detail: here }));
  const status = found.querySelector("[role=status]");
  status.tabIndex = -1;
  status.focus();
};

if (button && found && "geolocation" in navigator) {
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
}
