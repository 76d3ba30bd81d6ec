// The map of places: the same places as the list, by the same address. It is drawn only on the page
// that was asked for it; whoever cannot see or draw it has the list below.
import { LngLatBounds, Map as Drawn, setWorkerUrl } from "maplibre-gl";
import { STATES, addMarks, addMissing, ground, groundPaint, ink } from "./map_marks.js";

const REFRESH_MS = 60_000;
const REACH_PX = 120;
const PATIENCE_MS = 15_000;

const frame = document.querySelector("[data-map]");
const told = document.querySelector("[data-map-told]");
const card = document.querySelector("[data-card]");

const asFeatures = (places) => ({
  type: "FeatureCollection",
  features: places.map(([lat, lon, state, id]) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties: { state: STATES[state], free: state === 0 ? 1 : 0, id },
  })),
});

// What stands here is of before, and the page says so (page.js).
const lost = () => document.dispatchEvent(new CustomEvent("lost"));

const asked = async () => {
  const answer = await fetch(frame.dataset.map, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`the places came as ${answer.status}`);
  return answer.json();
};

// Read again each minute while somebody looks; without a line the age beside it grows.
const keepFresh = (map) => {
  const age = document.querySelector("[data-map-age] time");
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const now = await asked();
      map.getSource("places").setData(asFeatures(now.places));
      age.dateTime = now.at;
    } catch {
      lost();
    }
  }, REFRESH_MS);
};

const layers = () => [
  {
    id: "many",
    type: "symbol",
    source: "places",
    filter: ["has", "point_count"],
    layout: {
      "icon-image": [
        "concat",
        "many|",
        ["get", "point_count_abbreviated"],
        "|",
        ["to-string", ["round", ["*", 8, ["/", ["get", "free"], ["get", "point_count"]]]]],
      ],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  },
  {
    id: "chosen",
    type: "circle",
    source: "places",
    filter: ["==", ["get", "id"], ""],
    paint: chosenPaint(),
  },
  {
    id: "place",
    type: "symbol",
    source: "places",
    filter: ["!", ["has", "point_count"]],
    layout: {
      "icon-image": ["concat", "place|", ["get", "state"]],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  },
];
const chosenPaint = () => ({
  "circle-radius": 15,
  "circle-color": ink("surface"),
  "circle-stroke-width": 3,
  "circle-stroke-color": ink("focus"),
});

const opens = async (map, feature) => {
  const { id, point_count, cluster_id } = feature.properties;
  const center = feature.geometry.coordinates;
  if (point_count) {
    const zoom = await map.getSource("places").getClusterExpansionZoom(cluster_id);
    map.easeTo({ center, zoom });
    return;
  }
  map.setFilter("chosen", ["==", ["get", "id"], id]);
  try {
    const answer = await fetch(`/map/card/${id}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`the place came as ${answer.status}`);
    card.innerHTML = await answer.text();
  } catch {
    lost();
    return;
  }
  card.querySelector("a").focus({ preventScroll: false });
};

const nearest = (map, at) => {
  const box = [
    [at.x - REACH_PX, at.y - REACH_PX],
    [at.x + REACH_PX, at.y + REACH_PX],
  ];
  const far = (feature) => {
    const point = map.project(feature.geometry.coordinates);
    return Math.hypot(point.x - at.x, point.y - at.y);
  };
  const found = map.queryRenderedFeatures(box, { layers: ["place", "many"] });
  return found.sort((a, b) => far(a) - far(b))[0];
};

const byHand = (map) => {
  const plate = map.getCanvas();
  for (const layer of ["place", "many"]) {
    map.on("click", layer, ({ features }) => opens(map, features[0]));
    map.on("mouseenter", layer, () => (plate.style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (plate.style.cursor = ""));
  }
  plate.setAttribute("aria-label", frame.dataset.label);
  plate.setAttribute("aria-describedby", "map-how");
  plate.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const { clientWidth, clientHeight } = plate;
    const found = nearest(map, { x: clientWidth / 2, y: clientHeight / 2 });
    if (found) opens(map, found);
  });
  for (const button of frame.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => map.zoomTo(map.getZoom() + Number(button.dataset.zoom)));
  }
  document.addEventListener("here", ({ detail }) => {
    map.jumpTo({ center: [detail.lon, detail.lat], zoom: Math.max(map.getZoom(), 12) });
  });
};

const followTheme = (map, isOurs) => {
  const again = async () => {
    for (const id of map.listImages()) if (id.startsWith("many|")) map.removeImage(id);
    await addMarks(map);
    const paints = { ...(isOurs ? groundPaint() : {}), chosen: chosenPaint() };
    for (const [layer, paint] of Object.entries(paints)) {
      for (const [name, value] of Object.entries(paint)) map.setPaintProperty(layer, name, value);
    }
    map.getSource("places").setData(await map.getSource("places").getData());
    map.once("idle", () => (frame.dataset.drawn = ink("canvas")));
  };
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", again);
  }
};

const bounds = (places) => {
  const all = new LngLatBounds();
  for (const [lat, lon] of places) all.extend([lon, lat]);
  return all;
};

const show = async () => {
  setWorkerUrl(new URL(frame.dataset.worker, location.href).href);
  const isOurs = !frame.dataset.style;
  const [{ places }, style] = await Promise.all([
    asked(),
    isOurs ? ground(frame.dataset.land) : frame.dataset.style,
  ]);
  frame.hidden = false;
  const map = new Drawn({
    container: frame.querySelector("[data-canvas]"),
    style,
    hash: true,
    attributionControl: isOurs ? false : { compact: false },
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    fadeDuration: 0,
    ...(places.length && {
      bounds: bounds(places),
      fitBoundsOptions: { padding: 40, maxZoom: 13 },
    }),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.setMissingStyleImageResolver((id) => addMissing(map, id));
  await map.once("load");
  await addMarks(map);
  map.addSource("places", {
    type: "geojson",
    data: asFeatures(places),
    cluster: true,
    clusterRadius: 44,
    clusterMaxZoom: 13,
    clusterProperties: { free: ["+", ["get", "free"]] },
  });
  for (const layer of layers()) map.addLayer(layer);
  byHand(map);
  followTheme(map, isOurs);
  keepFresh(map);
  map.once("idle", () => {
    frame.dataset.ready = String(places.length);
    told.hidden = true;
  });
};

show().catch((error) => {
  frame.hidden = true;
  told.textContent = told.dataset.trouble;
  console.warn(error);
});
