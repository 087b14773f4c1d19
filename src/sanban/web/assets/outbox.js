"use strict";
// What was done without a connection waits in this phone's database, each under its own key and with its own time, and
// is sent in order when there is a connection again. The server takes a key once, so sending twice is harmless. What is
// not taken stays here with its words and photos until somebody has looked at it. Without this script pages are forms.
window.sanbanOutbox = (() => {
  const box = document.getElementById("outbox");
  if (!box || !("indexedDB" in window)) return null;
  const words = box.dataset;
  const STORE = "reports";
  const REPORTS = "/api/v1/findings";
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
  const put = (one) => act("readwrite", (store) => store.put(one));
  const remove = (key) => act("readwrite", (store) => store.delete(key));
  const kept = async () => (await act("readonly", (store) => store.getAll())).sort((one, other) => (one.at || 0) - (other.at || 0));
  const isOwn = (one) => !one.account || one.account === words.account;

  const fresh = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  const made = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);
  // One that was not taken, in full: why, what was written, the photos to keep, and a way to say that it was seen.
  const refusedLine = (one) => {
    const line = made("li", [one.label, one.refused].filter(Boolean).join(": "));
    const said = one.body.note || one.body.text;
    if (said) line.append(made("q", said));
    for (const photo of one.photos || []) {
      line.append(made("a", `${words.photo} ${photo.name}`, { href: URL.createObjectURL(photo.blob), download: photo.name }));
    }
    const seen = made("button", words.forget, { type: "button", className: "btn" });
    seen.addEventListener("click", () => remove(one.key).then(() => say("")));
    line.append(seen);
    return line;
  };
  // `changed`: something was just sent, or was not taken.
  const say = async (text, changed = false) => {
    const all = await kept();
    const refused = all.filter((one) => one.refused && isOwn(one));
    const waiting = all.filter((one) => !one.refused && isOwn(one)).length;
    const others = all.filter((one) => !isOwn(one)).length;
    const told = [text, waiting ? `${words.held} ${waiting}` : "", others ? `${words.other} ${others}` : "",
      refused.length ? words.refused : ""].filter(Boolean).join(" ");
    box.replaceChildren(told);
    if (refused.length) {
      const list = made("ul", "");
      list.append(...refused.map(refusedLine));
      box.append(list);
    }
    box.hidden = !told;
    const waits = all.filter((one) => !one.refused).map((one) => one.about);
    document.dispatchEvent(new CustomEvent("sanban:outbox", { detail: { waits, changed } }));
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
    return new Promise((done) => canvas.toBlob((blob) => done(blob || file), "image/jpeg", 0.85));
  };
  const photosOf = (files) => Promise.all(files.map(async (file, place) =>
    ({ name: `${place + 1}.jpg`, blob: await smaller(file).catch(() => file) })));
  const encoded = (blob) => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });

  const send = async (one) => {
    const photos = await Promise.all((one.photos || []).map(async (photo) => ({ name: photo.name, content: await encoded(photo.blob) })));
    const answer = await fetch(one.path || REPORTS, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": one.key, "X-Sanban-Request": "1" },
      body: JSON.stringify(photos.length ? { ...one.body, photos } : one.body),
      credentials: "same-origin",
    });
    if (answer.ok) return remove(one.key).then(() => words.sent);
    if (answer.status === 401) throw new Error(words.door);
    if (!DROPPED.includes(answer.status)) throw new Error(words.kept);
    const problem = await answer.json().catch(() => ({}));
    if (POINTS.includes(problem.code) && one.body.lon) {
      const placed = { ...one, body: { ...one.body, lon: "", lat: "" } };
      await put(placed);
      return `${words.outside} ${await send(placed)}`;
    }
    await put({ ...one, refused: answer.status === 404 ? words.gone : problem.detail || String(answer.status) });
    return "";
  };

  let sending = null;
  const sendAll = () => {
    sending = sending || (async () => {
      let said = "";
      let changed = false;
      try {
        for (const one of await kept()) {
          if (one.refused || !isOwn(one)) continue;
          said = await send(one);
          changed = true;
        }
      } catch (error) {
        said = error instanceof TypeError ? words.kept : error.message;
      }
      await say(said, changed);
      sending = null;
    })();
    return sending;
  };

  // Keeps what was done, then sends what waits; true when it was not refused at once.
  const add = async (path, label, body, photos, about = "") => {
    const key = fresh();
    await put({ key, path, label, body, photos, about, account: words.account, at: Date.now() });
    if (sending) await sending;
    await sendAll();
    box.scrollIntoView({ block: "nearest" });
    return !(await kept()).some((one) => one.key === key && one.refused);
  };

  // Phones do not always say that the connection is back: what waits is tried again every few seconds as well.
  window.addEventListener("online", sendAll);
  setInterval(() => { if (navigator.onLine) kept().then((all) => all.some((one) => !one.refused && isOwn(one)) && sendAll()); }, 5000);
  sendAll();

  const here = document.querySelector("button.here");
  if (here && navigator.geolocation) {
    here.hidden = false;
    const said = here.querySelector("span");
    here.addEventListener("click", () => navigator.geolocation.getCurrentPosition((found) => {
      here.form.elements.lon.value = found.coords.longitude.toFixed(6);
      here.form.elements.lat.value = found.coords.latitude.toFixed(6);
      said.textContent = here.dataset.found;
    }, () => { said.textContent = here.dataset.none; }, { enableHighAccuracy: true, timeout: 10000 }));
  }

  return { add, photosOf };
})();
