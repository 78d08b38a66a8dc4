// The crosshair and the question behind it: which probabilities does each model give here?
let asked = 0, sent = null;

function inspect(point) {
  arrival = null; // the pixel of the link has been asked for, or the visitor was sooner
  set({ pin: point }, "glass", "link");
  clearTimeout(asked);
  asked = setTimeout(question, 30);
}

async function question() {
  const pin = state.pin, id = run.id;
  if (!pin || !id) { emit("probe", { rows: [] }); return; }
  const models = [...run.cards.values()].filter((card) => card.panel.status === "done").map((card) => card.panel.id);
  const place = photoPoint(pin), mark = (sent = {});
  const answer = await answered(server.probe({ run: id, x: place.x, y: place.y, models }), "try the pixel again");
  if (mark !== sent) return; // another pixel, or none
  latest = { rows: [], ...place, ...answer };
  emit("probe", latest);
  ask("glass");
}

let latest = { rows: [] };
hear("probe-wanted", () => emit("probe", latest));

function moveCross(dx, dy) {
  const from = state.pin ?? { x: Math.floor(run.width / 2), y: Math.floor(run.height / 2) };
  const pin = { x: clamp(from.x + dx, 0, run.width - 1), y: clamp(from.y + dy, 0, run.height - 1) };
  set({ pin, hover: null }, "glass", "link");
  const said = [...run.cards.values()].filter((card) => card.labels).map((card) => `${card.panel.title}: ${NAMES[at(card.labels.map, pin.x, pin.y)]}`);
  tell(said.join(", "));
}

function clearCross() {
  clearTimeout(asked);
  sent = null;
  set({ pin: null, hover: null }, "glass", "link");
  latest = { rows: [] };
  emit("probe", latest);
}

const live = make("div", { class: "zoo-live", "aria-live": "polite", role: "status" });
const tell = (text) => { live.textContent = text; };
