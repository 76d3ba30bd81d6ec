// Charts: uPlot draws the numbers in data-chart, in the colours and letters of the tokens. What the
// numbers say stands in the page as a sentence and a table, so that a page without this is whole.

const shown = new Map(); // the place of each chart, with what is drawn there

const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);

// A token as a colour: the browser resolves themes, high contrast and forced colours.
const ink = (token) => {
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color;
};
const forced = matchMedia("(forced-colors: active)");

const NONE = { show: false };
const MINUTE = 60;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((step) => step * MINUTE);

// Figures of an axis: the highest one has the unit.
const inUnit = (told) => {
  if (!told.currency) {
    return (_, rules) => rules.map((kw, nth) => (nth + 1 === rules.length ? `${kw} kW` : `${kw}`));
  }
  return (_, rules) => {
    const whole = rules.every((minor) => minor % 10 ** told.digits === 0);
    const money = new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency",
      currency: told.currency,
      ...(whole && { maximumFractionDigits: 0 }),
    });
    return rules.map((minor) => money.format(minor / 10 ** told.digits));
  };
};

const axes = (told, font, letters) => {
  const common = { font, stroke: ink("ink-3"), ticks: NONE, gap: 6 };
  const clock = { ...common, grid: NONE, incrs: STEPS, values: "{HH}:{mm}", size: letters * 2 };
  const rule = { stroke: ink("line"), width: 1 };
  // So much room between them that at most three rules stand above zero.
  const space = (chart) => chart.bbox.height / devicePixelRatio / 3.6;
  const longest = (words) => Math.max(0, ...words.map((word) => word.length));
  const room = (_, words) => 8 + longest(words ?? []) * letters * 0.6;
  const figures = { ...common, side: 1, grid: rule, space, size: room, values: inUnit(told) };
  return [clock, figures];
};

const lines = (told) => {
  const line = told.currency ? ink("ink") : ink(told.bare ? "charging-fill" : "charging");
  const paths = told.currency ? uPlot.paths.stepped({ align: 1 }) : undefined;
  const last = (chart) => [chart.data[1].findLastIndex((y) => y !== null)];
  const points = { filter: last, size: 10, width: 2, fill: line, stroke: ink("surface") };
  const now = { stroke: line, width: told.bare ? 1.5 : 2, paths, points: told.bare ? NONE : points };
  if (!told.currency && !told.bare && !forced.matches) now.fill = ink("charging-tint");
  const then = { stroke: ink("edge"), width: 1.5, dash: [2, 4], paths, points: NONE };
  return told.then ? [{}, now, then] : [{}, now];
};

// The line of another day is labelled where it ends.
const label = (told, font) => (chart) => {
  if (!told.then) return;
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = font.replace(/[\d.]+px/, (size) => `${parseFloat(size) * devicePixelRatio}px`);
  ctx.fillStyle = ink("ink-3");
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  const y = chart.valToPos(chart.data[2].at(-1), "y", true);
  ctx.fillText(told.thenLabel, bbox.left + bbox.width, y - 6 * devicePixelRatio);
  ctx.restore();
};

const draw = (place, told) => {
  const style = getComputedStyle(place);
  const font = `${style.fontSize} ${style.fontFamily}`;
  const letters = parseFloat(style.fontSize);
  return new uPlot(
    {
      ...size(place),
      // Above, room for a word; at the start, for half a clock time.
      padding: told.bare ? [2, 0, 2, 0] : [letters, null, 0, letters * 1.5],
      cursor: { show: false },
      legend: { show: false },
      tzDate: (t) => uPlot.tzDate(new Date(t * 1000), told.zone ?? "UTC"),
      scales: {
        x: { time: !told.bare, ...(told.span && { range: told.span }) },
        y: { range: (_, __, most) => [0, Math.max(most, told.least ?? 0) * 1.05 || 1] },
      },
      axes: told.bare ? [NONE, NONE] : axes(told, font, letters),
      series: lines(told),
      hooks: { draw: [label(told, font)] },
    },
    numbers(told),
    place,
  );
};

const numbers = (told) => (told.then ? [told.t, told.y, told.then] : [told.t, told.y]);
// All but the numbers that grow: while it is the same, the chart that is there gets the new ones.
const shape = ({ t, y, then, ...rest }) => JSON.stringify([rest, Boolean(then)]);
const size = (place) => ({ width: place.clientWidth, height: place.clientHeight });

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) shown.get(target)?.chart.setSize(size(target));
});

// The server knows nothing of a canvas, so a morph takes it out; before the next paint it is back.
const look = () => {
  for (const [place, { chart }] of shown) {
    if (place.isConnected) continue;
    resized.unobserve(place);
    chart.destroy();
    shown.delete(place);
  }
  for (const place of document.querySelectorAll("[data-chart]")) {
    const text = place.dataset.chart;
    const here = shown.get(place);
    if (here && !place.contains(here.chart.root)) place.append(here.chart.root);
    if (here?.text === text) continue;
    const told = JSON.parse(text);
    if (here?.shape === shape(told)) {
      here.chart.setData(numbers(told));
      here.text = text;
      continue;
    }
    here?.chart.destroy();
    shown.set(place, { chart: draw(place, told), text, shape: shape(told) });
    if (!here) resized.observe(place);
  }
};

// Another theme, other letters: everything is drawn anew.
const anew = () => {
  for (const { chart } of shown.values()) chart.destroy();
  shown.clear();
  resized.disconnect();
  look();
};

look();
new MutationObserver(look).observe(document.body, {
  subtree: true,
  childList: true,
  attributeFilter: ["data-chart"],
});
new MutationObserver(anew).observe(document.documentElement, {
  attributeFilter: ["data-theme", "data-contrast"],
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", anew);
matchMedia("(prefers-contrast: more)").addEventListener("change", anew);
forced.addEventListener("change", anew);
document.fonts.ready.then(anew);
