"use strict";
// A shift taken along: the route, its stops and the report form are kept on the phone and open without a connection;
// what is done at a stop goes through the outbox. Kept pages are forgotten when one signs out and when the shift ends.
(() => {
  const KEPT = "sanban-kept-2";
  const UNTIL = "/shift/until";
  const outbox = window.sanbanOutbox;
  const register = () => "serviceWorker" in navigator &&
    Promise.all(["/shift/", "/findings/"].map((reach) => navigator.serviceWorker.register(`${reach}worker.js`, { scope: reach })));

  const take = document.getElementById("take");
  if (take && "serviceWorker" in navigator && "caches" in window) {
    const told = take.querySelector("[role=status]");
    // How long is left is the server's to say, and counted from now: a phone's clock may be wrong.
    const until = Date.now() + Number(take.dataset.left);
    const ends = take.querySelector("time").textContent;
    const kept = async () => {
      const found = await caches.match(UNTIL);
      const known = found ? await found.json() : null;
      return known && Date.now() < known.until ? `${take.dataset.taken.replace("%s", known.pages)} ${known.ends}` : "";
    };
    const fetched = async (store, path) => {
      const page = await fetch(path, { credentials: "same-origin", cache: "reload" });
      if (!page.ok || page.redirected) throw new Error(path);
      const text = await page.clone().text();
      const wanted = new Set([...text.matchAll(/(?:src|href)="(\/static\/[^"#]+)/g)].map((found) => found[1].replaceAll("&amp;", "&")));
      await Promise.all([...wanted].map(async (one) => (await store.match(one)) || store.add(one)));
      return [new URL(path, location).pathname, page];
    };
    take.hidden = false;
    kept().then((said) => { told.textContent = said; });
    take.querySelector("button").addEventListener("click", async () => {
      try {
        await register();
        const store = await caches.open(KEPT);
        const paths = [location.pathname + location.search, ...[...document.querySelectorAll("[data-keep]")].map((link) => link.getAttribute("href"))];
        // The old shift gives way only once all of the new one is here, and counts as taken when it is whole.
        const pages = new Map();
        for (const path of paths) pages.set(...(await fetched(store, path)));
        for (const [path, page] of pages) await store.put(path, page);
        for (const known of await store.keys()) {
          const path = new URL(known.url).pathname;
          if (path.startsWith("/shift/") && path !== UNTIL && !pages.has(path)) await store.delete(known);
        }
        await store.put(UNTIL, new Response(JSON.stringify({ until, ends, pages: paths.length })));
        told.textContent = await kept();
      } catch {
        told.textContent = [take.dataset.failed, await kept()].join(" ").trim();
      }
    });
    // A stop whose work waits to be sent says so; once something was sent, the route is another one.
    const renew = async () => {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const stops = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("stops");
      if (answer.ok && stops) document.getElementById("stops").replaceWith(stops);
    };
    document.addEventListener("sanban:outbox", async (event) => {
      if (event.detail.changed) await renew().catch(() => {});
      for (const stop of document.querySelectorAll("[data-stop]")) {
        const waits = event.detail.waits.includes(stop.dataset.stop);
        const mark = stop.querySelector(".to-send");
        if (waits && !mark) {
          const made = Object.assign(document.createElement("span"), { className: "badge state state-done to-send", textContent: take.dataset.marked });
          stop.querySelector(".stop-link").after(made);
        } else if (!waits && mark) mark.remove();
      }
    });
  }

  const back = document.getElementById("back");
  if (!outbox) return;
  for (const form of document.querySelectorAll("form.at-stop")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const told = event.submitter && event.submitter.name ? { [event.submitter.name]: event.submitter.value } : {};
      const given = Object.fromEntries([...new FormData(form), ...Object.entries(told)]
        .filter(([name, value]) => typeof value === "string" && value.trim() && !["_csrf_token", "command_id"].includes(name))
        .map(([name, value]) => [name, value.trim()]));
      const at = Date.now() * 1000;
      const files = form.elements.photos ? [...form.elements.photos.files].slice(0, Number(form.dataset.photos)) : [];
      const photos = await outbox.photosOf(files);
      const { note = "", ...args } = given;
      const isCheck = "check" in form.dataset;
      const body = isCheck ? { holds: given.holds === "yes", seen_at: at } : { args: { ...JSON.parse(form.dataset.args), ...args }, note, done_at: at };
      const path = isCheck ? `/api/v1/findings/${form.dataset.check}/recheck` : `/api/v1${new URL(form.action).pathname}`;
      const taken = await outbox.add(path, form.dataset.label, body, photos, form.dataset.check || form.dataset.case);
      if (taken) location.assign(back.href);
    });
  }
})();
