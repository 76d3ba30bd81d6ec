// The marks of the map, drawn from the glyphs and the tokens of the page, so that a place has the
// same shape on the map as in the list; and the quiet ground under them.
import { feature, mesh } from "topojson-client";

const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);
const plate = () => document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const canvas = plate();
const pixel = plate();
pixel.canvas.width = pixel.canvas.height = 1;

// A token as a colour that WebGL reads too: themes, high contrast and forced colours are the
// browser's matter.
export const ink = (token) => {
  probe.style.color = `var(--${token})`;
  pixel.fillStyle = getComputedStyle(probe).color;
  pixel.fillRect(0, 0, 1, 1);
  const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${r}, ${g}, ${b})`;
};

// What is doubtful is drawn as in the list: as what is unknown.
export const STATES = ["available", "charging", "offline", "unknown"];
const PLACE_PX = 22;
const SCALE = 2;

const picture = (draw, px) => {
  const size = px * SCALE;
  canvas.canvas.width = canvas.canvas.height = size;
  canvas.setTransform(SCALE, 0, 0, SCALE, 0, 0);
  draw(canvas);
  const made = canvas.getImageData(0, 0, size, size);
  canvas.setTransform(1, 0, 0, 1, 0, 0);
  return made;
};

// A state's glyph on a rim of the surface, as the sprite of the page has it.
const glyph = async (state) => {
  const symbol = document.getElementById(`st-${state}`).innerHTML.replaceAll("var(--surface)", ink("surface"));
  const drawn = new Image(PLACE_PX * SCALE, PLACE_PX * SCALE);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1.5 -1.5 19 19" width="${PLACE_PX * SCALE}" height="${PLACE_PX * SCALE}" color="${ink(state)}">${symbol}</svg>`;
  drawn.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await drawn.decode();
  return picture((on) => {
    on.fillStyle = ink("surface");
    on.beginPath();
    on.arc(PLACE_PX / 2, PLACE_PX / 2, PLACE_PX / 2 - 0.5, 0, 7);
    on.fill();
    on.drawImage(drawn, 1, 1, PLACE_PX - 2, PLACE_PX - 2);
  }, PLACE_PX);
};

// So many places, and of how many eighths of them a bay is free: a number in a ring that is as
// long as that share.
const gathered = (id) => {
  const [, number, eighths] = id.split("|");
  const px = 34 + 4 * Math.max(number.length - 2, 0);
  const middle = px / 2;
  return picture((on) => {
    on.beginPath();
    on.arc(middle, middle, middle - 1, 0, 7);
    on.fillStyle = ink("surface");
    on.fill();
    on.lineWidth = 4;
    on.strokeStyle = ink("line-2");
    on.beginPath();
    on.arc(middle, middle, middle - 3, 0, 7);
    on.stroke();
    on.strokeStyle = ink("available");
    on.beginPath();
    on.arc(middle, middle, middle - 3, -Math.PI / 2, -Math.PI / 2 + (Number(eighths) * Math.PI) / 4);
    on.stroke();
    on.fillStyle = ink("ink");
    on.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
    on.textAlign = "center";
    on.textBaseline = "middle";
    on.fillText(number, middle, middle + 0.5);
  }, px);
};

// Give a map its marks: those of the states before it asks, those of gatherings when it asks.
export const addMarks = async (map) => {
  for (const state of STATES) {
    const made = await glyph(state);
    const id = `place|${state}`;
    if (map.hasImage(id)) map.removeImage(id);
    map.addImage(id, made, { pixelRatio: SCALE });
  }
};
export const addMissing = (map, id) => {
  if (id.startsWith("many|") && !map.hasImage(id)) {
    map.addImage(id, gathered(id), { pixelRatio: SCALE });
  }
};

// Coasts and borders are good to a kilometre or two: near by they are not shown, because they
// would put places into the sea.
const VAGUE = (near, far) => ["interpolate", ["linear"], ["zoom"], 7.5, far, 9, near];

export const ground = async (address) => {
  const topology = await (await fetch(address)).json();
  const { countries, land } = topology.objects;
  const own = (data) => ({ type: "geojson", data, tolerance: 0.5 });
  return {
    version: 8,
    sources: {
      land: own(feature(topology, land)),
      borders: own(mesh(topology, countries, (a, b) => a !== b)),
    },
    layers: [
      { id: "water", type: "background", paint: groundPaint().water },
      { id: "land", type: "fill", source: "land", paint: groundPaint().land },
      { id: "borders", type: "line", source: "borders", paint: groundPaint().borders },
    ],
  };
};

export const groundPaint = () => ({
  water: { "background-color": VAGUE(ink("land"), ink("water")) },
  land: { "fill-color": ink("land") },
  borders: {
    "line-color": ink("line-2"),
    "line-width": 1,
    "line-opacity": VAGUE(0, 1),
  },
});
