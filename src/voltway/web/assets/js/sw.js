// What works without a line: the shell, and the receipts that this browser read last. States and
// prices are never kept. The server puts SHELL, the addresses of the shell, before this file.
"use strict";

const SHELL_NAME = `shell-${SHELL.version}`;
const RECEIPTS = "receipts";
const ALERTS = "alerts";
const RECEIPTS_MAX = 10;

// Of a receipt that is kept, nobody waits longer for the newest copy.
const PATIENCE_MS = 4000;

// A line that hangs may hang for minutes: then the page that says so is better than a white one.
const HANGS_MS = 15_000;

// A form sent here says that the next person may be another one.
const FORGETS = ["/me/leave", "/me/delete"];

// Doors with pages of their own, which need a line in any case.
const NOT_OURS = /^\/(api|console|health|metrics|ocpi|webhooks)(\/|$)/;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL_NAME)
      .then((shell) => shell.addAll(SHELL.addresses))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => ![SHELL_NAME, RECEIPTS, ALERTS].includes(name)))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || NOT_OURS.test(pathname)) return;
  if (request.method === "POST" && FORGETS.includes(pathname)) {
    event.waitUntil(caches.delete(RECEIPTS));
  } else if (request.method === "GET" && request.mode === "navigate") {
    event.respondWith(page(event));
  } else if (request.method === "GET" && SHELL.addresses.includes(pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

const page = async (event) => {
  const { request } = event;
  const receipts = await caches.open(RECEIPTS);
  const kept = await receipts.match(request, { ignoreSearch: true });
  const fresh = fetch(request).then((answer) => {
    if (answer.ok && answer.headers.get("Voltway-Keep") === "receipt") {
      event.waitUntil(keep(receipts, request, answer.clone()));
    }
    return answer;
  });
  const late = new Promise((done) => setTimeout(done, kept ? PATIENCE_MS : HANGS_MS, null));
  const first = await Promise.race([fresh.catch(() => null), late]);
  return first ?? (kept ? asKept(kept) : caches.match("/offline"));
};

const keep = async (receipts, request, answer) => {
  const address = new URL(request.url);
  address.search = "";
  await receipts.delete(address);
  await receipts.put(address, answer);
  const all = await receipts.keys();
  const many = all.slice(0, Math.max(0, all.length - RECEIPTS_MAX));
  await Promise.all(many.map((old) => receipts.delete(old)));
};

// A page out of our memory says so, in its own language, with its age.
const asKept = async (kept) => {
  const html = (await kept.text()).replace("data-stale hidden", 'data-stale="kept"');
  return new Response(html, { headers: kept.headers });
};

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // Not ours: whoever sent it is told nothing, and the person reads that there is news.
  }
  const { id, title, body, url, tag, lang } = said;
  event.waitUntil(
    self.registration.showNotification(String(title || "Voltway"), {
      body: String(body ?? ""),
      lang: String(lang ?? ""),
      tag: tag ? String(tag) : undefined,
      renotify: Boolean(tag),
      icon: SHELL.icon,
      badge: SHELL.badge,
      data: { url: String(url || "/"), id: id ? String(id) : "" },
    }).then(() => tells(id, url)).catch(() => {}),
  );
});

// Shown is not read: a phone in a bag shows too. Read is what somebody taps or puts away, or what the
// page before their eyes says already.
const tells = async (id, url) => {
  if (!id) return;
  const target = new URL(String(url || "/"), location.origin).href;
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const looks = open.some((each) => each.focused && each.visibilityState === "visible" && each.url === target);
  await fetch(`/alerts/${looks ? "read" : "seen"}/${id}`, { method: "POST" });
};

const wasRead = async ({ data }) => {
  if (data?.id) await fetch(`/alerts/read/${data.id}`, { method: "POST", keepalive: true }).catch(() => {});
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(Promise.all([wasRead(event.notification), shows(event.notification.data?.url ?? "/")]));
});

self.addEventListener("notificationclose", (event) => {
  event.waitUntil(wasRead(event.notification));
});

// The push service gives this browser another address: the house is told, under the old one. Not
// every browser says here which that was, so the page that turned alerts on has kept it.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(moves(event.oldSubscription, event.newSubscription));
});

const moves = async (old, given) => {
  const kept = await caches.open(ALERTS);
  const before = await kept.match("/alerts/subscription").then((answer) => answer?.json() ?? {});
  const key = old?.options?.applicationServerKey ?? before.key;
  const now = given ?? (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  const { endpoint, keys } = now.toJSON();
  const was = old?.toJSON() ?? before;
  const body = new URLSearchParams({
    was: was.endpoint ?? before.endpoint,
    was_auth: was.keys?.auth ?? before.auth,
    endpoint,
    p256dh: keys.p256dh,
    auth: keys.auth,
  });
  await fetch("/alerts/moved", { method: "POST", body });
  await kept.put("/alerts/subscription", Response.json({ ...before, endpoint, auth: keys.auth }));
};

// Only our own pages: where the window is open already, it comes to the front.
const shows = async (url) => {
  const asked = new URL(url, location.origin);
  const target = asked.origin === location.origin ? asked.href : `${location.origin}/`;
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = open.find((each) => each.url === target);
  return there ? there.focus() : self.clients.openWindow(target);
};
