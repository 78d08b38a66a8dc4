// The address bar always holds a link to what is shown; a photo of the visitor's own never gets into it.
const query = new URLSearchParams(location.search);
let arrival = query.get("example") ? { x: Number(query.get("x")), y: Number(query.get("y")), pixel: query.has("x") && query.has("y") } : null;

function arrive() { // the pixel a link points at, once its photo has been answered
  const { x, y, pixel } = arrival;
  arrival = null;
  ask("link");
  if (pixel && finished().length && Number.isFinite(x) && Number.isFinite(y)) {
    inspect({ x: clamp(Math.floor(x * run.width / run.photoWidth), 0, run.width - 1), y: clamp(Math.floor(y * run.height / run.photoHeight), 0, run.height - 1) });
  }
}

parts.link = () => {
  if (arrival || !run.id) return;
  const link = new URL(location.href), place = state.pin && photoPoint(state.pin), put = (key, value) => (value === null || value === "" ? link.searchParams.delete(key) : link.searchParams.set(key, value));
  const own = !run.example;
  put("example", run.example || null);
  put("models", own ? null : [...run.cards.keys()].join(","));
  put("set", null);
  put("view", state.view === "overlay" ? null : state.view);
  put("measure", state.view === "uncertainty" && state.measure !== "entropy" ? state.measure : null);
  put("palette", state.palette === "distinct" ? null : state.palette);
  put("x", own || !place ? null : place.x);
  put("y", own || !place ? null : place.y);
  if (link.href !== location.href) history.replaceState(history.state, "", link.href.replaceAll("%2C", ","));
};

hear("arrived", () => { if (query.get("example")) askForRun(); });

function followLink() {
  if (VIEWS[query.get("view")]) state.view = query.get("view");
  if (MEASURE[query.get("measure")]) state.measure = query.get("measure");
  if (query.get("palette") === "official") state.palette = "official";
}
