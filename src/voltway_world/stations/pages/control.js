// Keeps the page up to date and presses buttons without leaving it. Without it, the forms still work.
const said = document.getElementById("said");
const kwh = (wh) => (wh / 1000).toFixed(2);

function figures(evse) {
  const words = [];
  if (evse.car) words.push(`${evse.car.name}, ${evse.car.soc.toFixed(0)}\u00a0%`);
  if (evse.session) words.push(`${(evse.power_w / 1000).toFixed(1)}\u00a0kW`, `${kwh(evse.session.energy_wh)}\u00a0kWh`);
  if (evse.session && evse.session.token) words.push(`card ${evse.session.token}`);
  return words.join(" · ");
}

function show(station) {
  const card = document.querySelector(`[data-station="${CSS.escape(station.identity)}"]`);
  if (!card) return;
  const line = station.online ? "online" : station.wants_line ? `offline, trying again${station.trouble ? ": " + station.trouble : ""}` : "offline";
  put(card.querySelector("[data-line]"), line);
  put(card.querySelector("[data-waiting]"), station.waiting ? ` · ${station.waiting} messages wait` : "");
  reveal(card, "offline", station.wants_line);
  reveal(card, "online", !station.wants_line);
  for (const evse of station.evses) {
    const bay = card.querySelector(`[data-evse="${evse.number}"]`);
    if (!bay) continue; // who came from a visit sees its bay alone
    const state = bay.querySelector("[data-state]");
    put(state, evse.state);
    state.dataset.state = evse.state;
    put(bay.querySelector("[data-figures]"), figures(evse));
    bay.querySelector('[data-when="plug"]').hidden = !evse.can.plug;
    for (const [deed, can] of Object.entries(evse.can)) reveal(bay, deed, can);
  }
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function reveal(where, deed, can) {
  const button = where.querySelector(`[data-deed="${deed}"]`);
  if (!button || button.hidden === !can) return;
  // Focus must not fall into nothing when the button that was pressed goes away.
  const focused = document.activeElement === button;
  button.hidden = !can;
  const others = { plug: "unplug", unplug: "plug", fault: "repair", repair: "fault", offline: "online", online: "offline" };
  if (focused && !can) queueMicrotask(() => where.querySelector(`[data-deed="${others[deed]}"]`)?.focus());
}

async function refresh() {
  try {
    const answer = await fetch("/api/stations");
    (await answer.json()).forEach(show);
  } catch {
    put(said, "The simulator does not answer. It may have been stopped.");
  }
}

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button || !button.dataset.deed) return;
  // Who came from a page of Voltway is sent back there, once it is plugged in or out.
  if (["plug", "unplug"].includes(button.dataset.deed) && event.target.elements.back) return;
  event.preventDefault();
  const form = new FormData(event.target);
  const wish = {};
  if (button.dataset.deed === "plug") Object.assign(wish, { car: form.get("car"), soc: Number(form.get("soc")) });
  if (button.dataset.deed === "present") wish.token = String(form.get("token")).trim();
  const path = new URL(button.formAction).pathname.replace("/do/", "/api/stations/");
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
    const body = await answer.json();
    put(said, answer.ok ? `${button.getAttribute("aria-label")}: done.` : body.error);
  } catch {
    put(said, "The simulator does not answer. It may have been stopped.");
  }
  await refresh();
});

refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 1000);
