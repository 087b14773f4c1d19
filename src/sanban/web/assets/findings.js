"use strict";
// The report page offline: reports wait in this phone's database, each under its own key, and are sent when there is a
// connection again. The server takes a key once, so sending twice is harmless. Without this script the page is a form.
(() => {
  const form = document.getElementById("finding");
  const box = document.getElementById("outbox");
  if (!form || !box || !("indexedDB" in window)) return;
  const words = box.dataset;
  const STORE = "reports";
  const DROPPED = [400, 403, 404, 409, 413];
  // What a phone says of where it stands may be wrong; the grid that the worker chose is not lost by it.
  const POINTS = ["bad_point", "outside_district"];

  const database = new Promise((done, failed) => {
    const asked = indexedDB.open("sanban-findings", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const act = async (mode, work) => {
    const store = (await database).transaction(STORE, mode).objectStore(STORE);
    return new Promise((done, failed) => {
      const asked = work(store);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  };
  const kept = () => act("readonly", (store) => store.getAll());

  const say = async (text) => {
    const waiting = (await kept()).filter((one) => !one.refused).length;
    const refused = (await kept()).filter((one) => one.refused);
    box.textContent = [text, waiting ? `${words.held} ${waiting}` : "",
      refused.length ? `${words.refused} ${refused.map((one) => one.refused).join("; ")}` : ""].filter(Boolean).join(" ");
    box.hidden = !box.textContent;
  };

  const fresh = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  // A photo is made smaller before it waits: a shift's worth of them has to fit on the phone and through a weak signal.
  const LONGEST_SIDE = 2000;
  const smaller = async (file) => {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob((made) => done(made || file), "image/jpeg", 0.85));
  };
  const shown = (blob) => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
  const taken = (files) => Promise.all(files.map(async (file, place) =>
    ({ name: `${place + 1}.jpg`, blob: await smaller(file).catch(() => file) })));

  const send = async (one) => {
    const photos = await Promise.all((one.photos || []).map(async (photo) => ({ name: photo.name, content: await shown(photo.blob) })));
    const answer = await fetch("/api/v1/findings", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": one.key, "X-Sanban-Request": "1" },
      body: JSON.stringify({ ...one.body, photos }),
      credentials: "same-origin",
    });
    if (answer.ok) return act("readwrite", (store) => store.delete(one.key)).then(() => words.sent);
    if (answer.status === 401) throw new Error(words.door);
    if (!DROPPED.includes(answer.status)) throw new Error(words.kept);
    const problem = await answer.json().catch(() => ({}));
    if (POINTS.includes(problem.code) && one.body.lon) {
      const placed = { ...one, body: { ...one.body, lon: "", lat: "" } };
      await act("readwrite", (store) => store.put(placed));
      return `${words.outside} ${await send(placed)}`;
    }
    await act("readwrite", (store) => store.put({ ...one, refused: problem.detail || String(answer.status) }));
    return "";
  };

  let sending = null;
  const sendAll = () => {
    sending = sending || (async () => {
      let said = "";
      try {
        for (const one of await kept()) if (!one.refused) said = await send(one);
      } catch (error) {
        said = error instanceof TypeError ? words.kept : error.message;
      }
      await say(said);
      sending = null;
    })();
    return sending;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const body = { seen_at: Date.now() * 1000 };
    for (const name of ["matter", "grid", "text", "lon", "lat"]) body[name] = String(given.get(name) || "").trim();
    body.fixed = given.get("fixed") === "yes";
    if (body.fixed && !body.text) { form.elements.text.focus(); return; }
    const files = [...form.elements.photos.files].slice(0, Number(form.dataset.photos));
    if (body.fixed && !files.length && "needed" in form.dataset) { form.elements.photos.focus(); return; }
    const photos = await taken(files);
    await act("readwrite", (store) => store.put({ key: fresh(), body, photos }));
    form.reset();
    form.elements.lon.value = form.elements.lat.value = "";
    await sendAll();
    box.scrollIntoView({ block: "nearest" });
  });
  // Phones do not always say that the connection is back: what waits is tried again every few seconds as well.
  window.addEventListener("online", sendAll);
  setInterval(() => { if (navigator.onLine) kept().then((all) => all.some((one) => !one.refused) && sendAll()); }, 5000);
  sendAll();

  const here = document.getElementById("here");
  if (here && navigator.geolocation) {
    here.hidden = false;
    const said = here.querySelector("span");
    here.addEventListener("click", () => navigator.geolocation.getCurrentPosition((found) => {
      form.elements.lon.value = found.coords.longitude.toFixed(6);
      form.elements.lat.value = found.coords.latitude.toFixed(6);
      said.textContent = here.dataset.found;
    }, () => { said.textContent = here.dataset.none; }, { enableHighAccuracy: true, timeout: 10000 }));
  }

  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/findings/worker.js", { scope: "/findings/" });
})();
