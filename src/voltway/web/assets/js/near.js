// Nearest first: the browser's position stays in the browser.
const button = document.querySelector("[data-near]");
const list = document.querySelector("[data-places]");

const metres = (a, b) => {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return Math.hypot(x, y) * 6371000;
};

const inWords = (far) => {
  if (far < 1000) return `${Math.round(far / 10) * 10}\u00a0m`;
  return `${(far / 1000).toFixed(far < 10000 ? 1 : 0)}\u00a0km`;
};

if (button && list && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const here = { lat: coords.latitude, lon: coords.longitude };
        const rows = [...list.children].map((row) => ({
          row,
          far: metres(here, { lat: Number(row.dataset.lat), lon: Number(row.dataset.lon) }),
        }));
        rows.sort((a, b) => a.far - b.far);
        for (const { row, far } of rows) {
          row.querySelector("[data-far]").textContent = inWords(far);
          list.append(row);
        }
        button.textContent = "Nearest first";
        button.disabled = true;
      },
      () => {
        button.textContent = "Your browser did not give a position";
        button.disabled = true;
      },
      { maximumAge: 60000, timeout: 10000 },
    );
  });
}
