"use strict";
// Keeps the report page and, when a worker takes the shift along, the pages of their route, so that they open without a
// connection. The network comes first: what is kept is shown only when nothing else can be had. A shift that is over, or
// that belongs to nobody who is signed in, is forgotten. It is registered for the reach of each of the two.
const KEPT = "sanban-kept-2";
const PAGE = "/findings/new";
const SHIFT = "/shift/";
const UNTIL = "/shift/until";

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  await self.clients.claim();
  const page = await fetch(PAGE, { credentials: "same-origin" });
  if (page.ok && !page.redirected) await keep(page);
})()));

// The page and what it needs; static files of an earlier version go when no kept page needs them any more.
const keep = async (page) => {
  const store = await caches.open(KEPT);
  const text = await page.clone().text();
  await store.put(PAGE, page.clone());
  const wanted = new Set([...text.matchAll(/(?:src|href)="(\/static\/[^"#]+)/g)].map((found) => found[1].replaceAll("&amp;", "&")));
  const hasShift = await store.match(UNTIL);
  for (const known of await store.keys()) {
    const path = new URL(known.url).pathname + new URL(known.url).search;
    if (!hasShift && path.startsWith("/static/") && !wanted.has(path)) await store.delete(known);
  }
  await Promise.all([...wanted].map(async (path) => (await store.match(path)) || store.add(path)));
};

const forget = async () => {
  const store = await caches.open(KEPT);
  for (const known of await store.keys()) if (new URL(known.url).pathname.startsWith(SHIFT)) await store.delete(known);
};
const isOver = async (store) => {
  const found = await store.match(UNTIL);
  return !found || Date.now() >= (await found.json()).until;
};

self.addEventListener("fetch", (event) => {
  const asked = new URL(event.request.url);
  if (event.request.method !== "GET" || asked.origin !== location.origin) return;
  const page = asked.pathname === PAGE;
  const stop = asked.pathname.startsWith(SHIFT);
  if (!page && !stop && !asked.pathname.startsWith("/static/")) return;
  event.respondWith((async () => {
    const store = await caches.open(KEPT);
    if (stop && await isOver(store)) await forget();
    try {
      const answer = await fetch(event.request);
      if (page && answer.ok && !answer.redirected) event.waitUntil(keep(answer.clone()));
      if (stop && answer.ok && await store.match(asked.pathname)) event.waitUntil(store.put(asked.pathname, answer.clone()));
      if (stop && (answer.type === "opaqueredirect" || answer.status === 401)) await forget();
      return answer;
    } catch {
      // What is fetched to be kept is never answered with what is kept.
      if (event.request.cache === "reload") return Response.error();
      const kept = page || stop ? asked.pathname : event.request;
      return (await store.match(kept, { ignoreVary: true })) || Response.error();
    }
  })());
});
