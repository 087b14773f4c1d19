"use strict";
// Keeps the report page and what it needs on the phone, so that it opens without a connection. The network comes first:
// what is kept is shown only when nothing else can be had. Nothing but that one page and static files is kept.
const KEPT = "sanban-findings-1";
const PAGE = "/findings/new";

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  await self.clients.claim();
  const page = await fetch(PAGE, { credentials: "same-origin" });
  if (page.ok && !page.redirected) await keep(page);
})()));

const keep = async (page) => {
  const store = await caches.open(KEPT);
  const text = await page.clone().text();
  await store.put(PAGE, page.clone());
  const wanted = new Set([...text.matchAll(/(?:src|href)="(\/static\/[^"#]+)/g)].map((found) => found[1].replaceAll("&amp;", "&")));
  for (const known of await store.keys()) {
    const path = new URL(known.url).pathname + new URL(known.url).search;
    if (path !== PAGE && !wanted.has(path)) await store.delete(known);
  }
  await Promise.all([...wanted].map(async (path) => (await store.match(path)) || store.add(path)));
};

self.addEventListener("fetch", (event) => {
  const asked = new URL(event.request.url);
  if (event.request.method !== "GET" || asked.origin !== location.origin) return;
  const page = asked.pathname === PAGE;
  if (!page && !asked.pathname.startsWith("/static/")) return;
  event.respondWith((async () => {
    const store = await caches.open(KEPT);
    try {
      const answer = await fetch(event.request);
      if (page && answer.ok && !answer.redirected) event.waitUntil(keep(answer.clone()));
      return answer;
    } catch {
      return (await store.match(page ? PAGE : event.request, { ignoreVary: true })) || Response.error();
    }
  })());
});
