"use strict";
// The report page offline: see outbox.js.
(() => {
  const form = document.getElementById("finding");
  const outbox = window.sanbanOutbox;
  if (!form || !outbox) return;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const body = { seen_at: Date.now() * 1000 };
    for (const name of ["matter", "grid", "text", "lon", "lat"]) body[name] = String(given.get(name) || "").trim();
    body.fixed = given.get("fixed") === "yes";
    if (body.fixed && !body.text) { form.elements.text.focus(); return; }
    const files = [...form.elements.photos.files].slice(0, Number(form.dataset.photos));
    if (body.fixed && !files.length && "needed" in form.dataset) { form.elements.photos.focus(); return; }
    const tile = form.querySelector("input[name=matter]:checked");
    const photos = await outbox.photosOf(files);
    form.reset();
    form.elements.lon.value = form.elements.lat.value = "";
    await outbox.add("/api/v1/findings", tile ? tile.parentElement.innerText.trim() : "", body, photos);
  });

  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/findings/worker.js", { scope: "/findings/" });
})();
