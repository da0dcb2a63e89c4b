// Keeps her sessions and badges for where there is no network; lets go of them as soon as she signs out or in.
const HERS = "hers";
const THINGS = "things";
const KEPT = {{ kept|safe }};
const ENDS = {{ ends|safe }};
const FRESH = 60 * 60 * 1000; // milliseconds: a copy so young is not asked for again
const NOWHERE = {{ nowhere|safe }};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The copy says of itself that it is one.
async function put(path, answer) {
  const text = (await answer.text()).replace("<html ", "<html data-kept ");
  const cache = await caches.open(HERS);
  await cache.put(path, new Response(text, { headers: answer.headers }));
}

async function shown(request, path) {
  try {
    const answer = await fetch(request);
    if (answer.ok) await put(path, answer.clone());
    else await caches.delete(HERS); // she is not signed in any more
    return answer;
  } catch {
    return (await caches.match(path)) ?? nowhere();
  }
}

function nowhere() {
  return new Response(NOWHERE, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

async function thing(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok) await (await caches.open(THINGS)).put(request, answer.clone());
    return answer;
  } catch { return (await caches.match(request)) ?? Response.error(); }
}

async function keep() {
  for (const path of KEPT) {
    const known = await caches.match(path);
    if (known && Date.now() - Date.parse(known.headers.get("date")) < FRESH) continue;
    const answer = await fetch(path, { redirect: "manual" });
    if (answer.ok) await put(path, answer);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && ENDS.some((path) => pathname.startsWith(path))) event.waitUntil(caches.delete(HERS));
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(KEPT.includes(pathname) ? shown(request, pathname) : fetch(request).catch(nowhere));
  } else if (pathname.startsWith("/static/") || pathname.startsWith("/look/")) {
    event.respondWith(thing(request));
  }
});
self.addEventListener("message", (event) => { if (event.data === "keep") event.waitUntil(keep().catch(() => {})); });
