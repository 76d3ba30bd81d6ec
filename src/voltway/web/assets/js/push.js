// Alerts on this browser: asks it, and tells the house where they go. What it cannot do is not shown.
const root = document.documentElement;
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};

const show = (state) => {
  root.dataset.push = state;
};

const isFor = (subscription, key) => {
  const bound = new Uint8Array(subscription.options?.applicationServerKey ?? bytes(key));
  return bytes(key).every((byte, at) => byte === bound[at]);
};

// A browser that is bound to another key, or whose push service refuses ours, starts anew there.
const endsOld = async (worker, button) => {
  const old = await worker.pushManager.getSubscription();
  if (!old) return null;
  const isRefused = root.dataset.push === "again" || button.dataset.pushRenew;
  if (!isRefused && isFor(old, button.dataset.pushKey)) return null;
  await old.unsubscribe();
  return old.toJSON();
};

// Whoever else is told on this browser is told under its new address too.
const follows = async (was, { endpoint, keys }) => {
  const now = { endpoint, p256dh: keys.p256dh, auth: keys.auth };
  const body = new URLSearchParams({ was: was.endpoint, was_auth: was.keys.auth, ...now });
  await fetch("/alerts/moved", { method: "POST", body });
};

const subscribe = async (button) => {
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const worker = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  const was = await endsOld(worker, button);
  const subscription = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytes(button.dataset.pushKey),
  });
  const { endpoint, keys } = subscription.toJSON();
  if (was) await follows(was, { endpoint, keys });
  const label = navigator.userAgentData?.platform || navigator.platform || "";
  const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth, label });
  const answer = await fetch(button.dataset.pushTo, { method: "POST", body });
  if (!answer.ok) return "failed";
  // For the worker, when the push service gives this browser another address.
  const kept = { endpoint, auth: keys.auth, key: button.dataset.pushKey };
  await caches.open("alerts").then((alerts) => alerts.put("/alerts/subscription", Response.json(kept)));
  return "on";
};

// The house alone knows whose alerts this browser shows; the browser knows what it is called there.
const here = async (address, remove = "") => {
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  if (!subscription) return "can";
  const body = new URLSearchParams({ endpoint: subscription.endpoint, remove });
  const answer = await fetch(address, { method: "POST", body });
  const said = answer.ok ? await answer.text() : "off";
  return said === "off" ? "can" : said;
};

document.addEventListener("click", async (event) => {
  const off = event.target.closest("[data-push-off]");
  if (!off) return;
  show(await here(off.dataset.pushOff, "1").catch(() => "failed"));
  if (root.dataset.push === "can" && off.dataset.pushThen) location.assign(off.dataset.pushThen);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-push-key]");
  if (!button) return;
  event.preventDefault();
  try {
    show(await subscribe(button));
  } catch {
    show("failed");
  }
  if (root.dataset.push === "on" && button.dataset.pushThen) location.assign(button.dataset.pushThen);
});

if (able) {
  const off = document.querySelector("[data-push-off]");
  const isDenied = Notification.permission === "denied";
  if (isDenied || !off) show(isDenied ? "denied" : "can");
  else show(await here(off.dataset.pushOff).catch(() => "can"));
}
