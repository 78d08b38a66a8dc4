// The grid: the photo's card and one card a model, each with its picture, what is under the crosshair, and its legend.
const FAMILY = { cnn: "CNN", transformer: "transformer" };
const WAITING = { queued: "Waiting its turn", loading: "Loading the network", running: "Looking at the photo", stopped: "Stopped", failed: "No answer" };
const grid = make("div", { class: "zoo-grid", id: "zoo-grid" });
let photoCard = null;

function frameOf(surface, title, extra, id) {
  const grow = make("button", { class: "zoo-tool", type: "button", "aria-label": `Show ${title} alone`, title: "Show alone (F)", onclick: () => solo(id) }, icon("grow"));
  const head = make("header", { class: "zoo-head" }, make("h3", {}, title), ...extra, grow);
  const tip = make("div", { class: "zoo-tip", hidden: true });
  const status = make("div", { class: "zoo-status", hidden: true });
  surface.box.append(tip, status);
  const legend = make("div", { class: "zoo-legend" });
  const node = make("section", { class: "zoo-card", "data-id": id, "aria-label": title }, head, surface.box, legend);
  return { node, head, tip, status, legend, surface };
}

function makePhotoCard() {
  const surface = new Surface(() => {
    const layer = run.layers.get(state.first);
    return [{ base: run.photo, map: state.bare ? null : layer?.painting?.canvas, opacity: layer?.kind === "scalar" ? 1 : 0.85 }];
  }, "Photo");
  const size = make("span", { class: "zoo-fact" });
  const choice = make("select", { class: "zoo-select", "aria-label": "What the first picture shows", onchange: (event) => set({ first: event.target.value }, "layout", "paint") });
  photoCard = { ...frameOf(surface, "Photo", [choice, size], "photo"), size, choice, kind: "photo" };
}

function makeCard(panel) {
  const card = { kind: "model", panel, labels: null, fields: null };
  const surface = new Surface(() => [mapOf(card)], panel.title);
  const fact = make("span", { class: "zoo-fact" });
  Object.assign(card, frameOf(surface, panel.title, [make("span", { class: "zoo-trained" }, panel.trained_by), make("span", { class: `zoo-family ${panel.family}` }, FAMILY[panel.family] ?? panel.family), fact], panel.id), { fact });
  return card;
}

const ground = () => (shownClass() !== null ? run.grey : run.photo);

function mapOf(card, field = state.measure) { // what a model's card draws, in the view of the moment
  if (state.bare) return { base: run.photo };
  if (state.view === "uncertainty") return { base: run.photo, map: card.fields?.[field].canvas, opacity: state.opacity.uncertainty };
  if (!card.labels) return { base: run.photo };
  return { base: ground(), map: card.labels.canvas, opacity: state.opacity[state.view] ?? 1 };
}

function fillLost(card) { // answered, but what it sees did not come through
  card.status.hidden = !card.lost;
  card.status.className = `zoo-status ${card.lost ? "failed" : ""}`;
  card.status.replaceChildren(make("strong", {}, `The ${card.kind === "photo" ? "photo" : "map"} could not be fetched`), make("span", {}, "Press Segment to ask for it again."));
}

function fillStatus(card) {
  if (card.kind === "photo") { fillLost(card); return; }
  const { panel, status } = card, busy = panel.status === "loading" || panel.status === "running";
  status.hidden = false;
  status.className = `zoo-status ${panel.status}`;
  status.replaceChildren(
    busy ? make("span", { class: "zoo-spin", "aria-hidden": "true" }) : "",
    make("strong", {}, `${WAITING[panel.status] ?? ""}${busy ? " ..." : ""}`), make("span", {}, panel.message || ""),
  );
  if (panel.status === "done") fillLost(card);
  card.fact.textContent = panel.status === "done" ? `${duration(panel.seconds)} · ${millions(panel.parameters)}` : "";
  card.fact.title = panel.status === "done" ? "Time for this photo, and parameters" : "";
  card.surface.box.setAttribute("aria-label", describe(card));
}

const millions = (n) => (n >= 9.95e6 ? `${(n / 1e6).toFixed(0)} M` : n >= 1e5 ? `${(n / 1e6).toFixed(1)} M` : `${n}`);

function describe(card) {
  const { panel } = card;
  if (panel.status !== "done") return `${panel.title}: ${WAITING[panel.status] ?? ""}. ${panel.message}`;
  const seen = panel.classes.slice(0, 4).map((row) => `${NAMES[row.index]} ${percent(row.area)}`).join(", ");
  return `${panel.title} sees ${seen}. Mean entropy ${panel.entropy.toFixed(2)} nats. Arrow keys move the crosshair, Enter inspects.`;
}

function readout() { // the class under the crosshair, in every card
  const point = state.hover ?? state.pin;
  const say = (card, ...content) => { card.tip.hidden = !content.length; card.tip.replaceChildren(...content); };
  if (!photoCard) return;
  for (const card of run.cards.values()) {
    if (!point || !card.labels) { say(card); continue; }
    const index = at(card.labels.map, point.x, point.y);
    const pinned = point.x === state.pin?.x && point.y === state.pin?.y;
    const value = state.view === "uncertainty" ? fieldText(card, point) : pinned ? percent(confidenceAt(card, index, point)) : "";
    say(card, make("i", { style: `background:var(--class-${index})` }), NAMES[index] ?? "", value ? make("span", {}, value) : "");
  }
  if (!point) { say(photoCard); return; }
  const layer = run.layers.get(state.first), told = layer?.painting ? layerText(layer, point) : "";
  const place = photoPoint(point);
  say(photoCard, told ? `${told} · ` : "", `x ${place.x}, y ${place.y}`);
}

const fieldText = (card, point) => {
  const t = at(card.fields[state.measure].map, point.x, point.y) / (LEVELS - 1);
  return state.measure === "entropy" ? `${(t * MAX_ENTROPY).toFixed(1)} nats` : t.toFixed(2);
};

function confidenceAt(card, index, point) { // exact once the server has answered, till then to one of 64 levels
  const place = photoPoint(point), row = latest.x === place.x && latest.y === place.y && latest.rows.find(({ model }) => model === card.panel.id);
  const best = row && row.classes[0];
  return best?.index === index ? best.probability : at(card.fields.confidence.map, point.x, point.y) / (LEVELS - 1);
}

const layerText = (layer, point) => {
  const value = at(layer.painting.map, point.x, point.y);
  if (layer.words) return layer.words(point);
  if (layer.kind === "classes") return NAMES[value] ?? "";
  if (layer.kind === "scalar") return `${(value / 255 * layer.top).toFixed(2)} ${layer.unit}`;
  return layer.codes.find((code) => code.value === value)?.label ?? "";
};

const photoPoint = ({ x, y }) => ({
  x: Math.min(run.photoWidth - 1, Math.floor((x + 0.5) * run.photoWidth / run.width)),
  y: Math.min(run.photoHeight - 1, Math.floor((y + 0.5) * run.photoHeight / run.height)),
});

function solo(id) {
  set({ solo: state.solo === id ? null : id }, "layout", "draw", "toolbar");
}

const cardOf = (id) => (id === "photo" ? photoCard : run.cards.get(id));
const allCards = () => [photoCard, ...run.cards.values()].filter(Boolean);

parts.layout = () => {
  if (!photoCard) return;
  grid.hidden = state.view === "compare" || !run.id;
  stage.hidden = state.view !== "compare" || !run.id;
  const held = run.id && empty.contains(document.activeElement);
  empty.hidden = Boolean(run.id);
  if (held) photoCard.surface.box.focus({ preventScroll: true }); // a hidden button would drop it
  toolbar.hidden = !run.id;
  if (state.solo && !cardOf(state.solo)) state.solo = null;
  grid.classList.toggle("solo", Boolean(state.solo));
  const ratio = run.width / Math.max(1, run.height);
  grid.style.setProperty("--ratio", clamp(ratio, 1, 2.4));
  grid.style.setProperty("--picture", ratio);
  for (const card of allCards()) {
    const alone = state.solo === card.node.dataset.id, button = card.head.querySelector(".zoo-tool");
    card.node.classList.toggle("alone", alone);
    card.node.hidden = Boolean(state.solo) && !alone;
    button.replaceChildren(icon(alone ? "shrink" : "grow"));
    button.setAttribute("aria-pressed", String(alone));
    fillStatus(card);
  }
  fillPhotoCard();
  ask("draw");
};

function fillPhotoCard() {
  const layers = [...run.layers.values()].filter((layer) => layer.kind !== "regions");
  if (!layers.some((layer) => layer.id === state.first)) state.first = "photo";
  photoCard.choice.hidden = !layers.length;
  photoCard.head.querySelector("h3").hidden = Boolean(layers.length);
  photoCard.choice.replaceChildren(new Option("Photo", "photo"), ...layers.map((layer) => new Option(layer.title, layer.id)));
  photoCard.choice.value = state.first;
  photoCard.size.textContent = `${run.photoWidth} × ${run.photoHeight}`;
  photoCard.surface.box.setAttribute("aria-label", `The photo ${run.name}, ${run.photoWidth} by ${run.photoHeight} pixels`);
  const codes = run.layers.get(state.first)?.codes ?? [];
  const rows = codes.map((code) => make("li", { class: "zoo-code" }, make("i", { style: `background:${code.colour}` }), make("span", {}, code.label), code.area == null ? "" : make("b", {}, percent(code.area))));
  photoCard.legend.replaceChildren(...(rows.length ? [make("ul", {}, ...rows)] : run.notes.concat(hints()).map((text) => make("p", { class: "zoo-quiet" }, text))));
  placeChip();
}

const hints = () => ["Click a pixel to read its five likeliest classes.", "Legends: share of the picture, mean entropy in nats; choose a class to see it alone."];
