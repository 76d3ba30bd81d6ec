// A countdown by the server's clock: the phone's may be wrong, and may be set while it runs. Who sees
// the page reads each second of it; who hears it is told at few moments. Without this the page says
// how much is left at the moment at which it was drawn, and the clock time at which that ends.
const TOLD_S = [600, 300, 60]; // so long before the end it is told, and at the end

// As the server writes it (Formats.left).
const left = (s) => {
  const padded = (n) => String(n).padStart(2, "0");
  const [min, h] = [Math.floor(s / 60), Math.floor(s / 3600)];
  if (s < 60) return `${s}\u00a0s`;
  return h ? `${h}\u00a0h\u00a0${padded(min % 60)}` : `${min}\u00a0min\u00a0${padded(s % 60)}\u00a0s`;
};

// The server's clock less that of this page, in ms. What came was on its way, so the most is nearest.
let ahead = -Infinity;
const came = () => performance.getEntriesByType("navigation")[0]?.responseStart || performance.now();
const hears = (now) => {
  const at = ahead === -Infinity ? came() : performance.now();
  ahead = Math.max(ahead, Date.parse(now) - at);
};

let heard = ""; // the moment of the server that was read last
let told = NaN; // the seconds of TOLD_S that were passed last
let next = 0;

const put = (node, words) => {
  if (node && node.textContent !== words) node.textContent = words;
};
const tell = (words) => put(document.querySelector("[data-tells]"), words);

const isLost = () => document.documentElement.dataset.live === "lost";
const words = (node, ms) => {
  if (isLost()) return node.dataset.stale;
  if (ms <= 0) return node.dataset.begun;
  return node.dataset.left.replace("{}", left(Math.ceil(ms / 1000)));
};

const tick = () => {
  clearTimeout(next);
  const node = document.querySelector("[data-until]");
  if (!node) {
    told = NaN;
    return;
  }
  if (node.dataset.now !== heard) hears((heard = node.dataset.now));
  const ms = Date.parse(node.dataset.until) - performance.now() - ahead;
  const passed = ms <= 0 ? 0 : (TOLD_S.findLast((each) => ms <= each * 1000) ?? Infinity);
  put(node, words(node, ms));
  if (!isLost()) {
    if (passed < told) tell(node.textContent);
    told = passed;
  }
  if (ms > 0) next = setTimeout(tick, ms % 1000 || 1000);
};

tick();
// A live view was drawn anew, or its line broke off or came back.
new MutationObserver(tick).observe(document.body, {
  subtree: true,
  childList: true,
  attributeFilter: ["data-until", "data-now"],
});
new MutationObserver(tick).observe(document.documentElement, { attributeFilter: ["data-live"] });
document.addEventListener("visibilitychange", tick);
