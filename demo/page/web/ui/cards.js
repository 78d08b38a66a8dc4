// @ts-check
// The grid: the photo's card and one card a model, each with its picture, what is under the crosshair, its legend.

import { classOf, measureOf, nameOf, sameName } from "../draw/classes.js";
import { hiddenShare } from "../draw/levels.js";
import { clamp } from "../draw/sampling.js";
import { Surface } from "../draw/surface.js";
import { classTable, fieldTable, layerTable, publishPatterns, ranks } from "../draw/tables.js";
import { fillOnce, icon, make } from "../elements.js";
import { page } from "../page.js";
import { run } from "../run.js";
import { change, classView, onDraw, redraw, shownClass, state } from "../state.js";
import { titleButton } from "../teach/card.js";
import { duration, fixed, millions, percent } from "../wording.js";

const FAMILY = { cnn: "CNN", transformer: "transformer" };

const WAITING = {
  queued: "Waiting its turn",
  loading: "Loading the network",
  running: "Looking at the photo",
  stopped: "Stopped",
  failed: "No answer",
};

export const grid = make("div", { class: "zoo-grid", id: "zoo-grid", hidden: true });

/** @type {any} the photo's card, once there is a photo */
export let photoCard = null;

function frameOf(surface, title, extra, id, heading = title) {
  const grow = make(
    "button",
    {
      class: "zoo-tool",
      type: "button",
      "aria-label": `Show ${title} alone`,
      title: "Show alone (F)",
      onclick: () => solo(id),
    },
    icon("grow"),
  );
  const head = make("header", { class: "zoo-head" }, make("h3", {}, heading), ...extra, grow);
  const tip = make("div", { class: "zoo-tip", hidden: true });
  const status = make("div", { class: "zoo-status", hidden: true });
  const hidden = make("div", { class: "zoo-hides", hidden: true });
  surface.box.append(tip, hidden, status);
  const legend = make("div", { class: "zoo-legend" });
  const node = make("section", { class: "zoo-card", "data-id": id, "aria-label": title }, head, surface.box, legend);
  return { node, head, tip, hidden, status, legend, surface };
}

export function makePhotoCard() {
  const surface = new Surface(() => {
    const layer = run.layers.get(state.first);
    return [
      {
        base: run.photo,
        map: state.bare ? null : layer?.painting,
        opacity: layer?.kind === "scalar" ? 1 : 0.85,
      },
    ];
  }, "Photo");
  const size = make("span", { class: "zoo-fact" });
  const choice = make("select", {
    class: "zoo-select",
    "aria-label": "What the first picture shows",
    onchange: (event) => change({ first: event.target.value }, "layout", "paint"),
  });
  photoCard = { ...frameOf(surface, "Photo", [choice, size], "photo"), size, choice, kind: "photo" };
}

/**
 * @param {import("../run.js").Panel} panel
 * @returns {import("../run.js").Card}
 */
export function makeCard(panel) {
  /** @type {any} what is missing comes below */
  const card = { kind: "model", panel, labels: null, fields: null };
  const surface = new Surface(() => [mapOf(card)], panel.title);
  surface.names = () => namesOn(card);
  const family = make("span", { class: `zoo-family ${panel.family}` }, FAMILY[panel.family] ?? panel.family);
  const trained = make("span", { title: `trained by ${panel.trained_by}` }, panel.trained_by);
  const fact = make("span", { class: "zoo-fact" });
  const facts = make("p", { class: "zoo-facts" }, family, trained, fact);
  Object.assign(card, frameOf(surface, panel.title, [facts], panel.id, titleButton(panel)), { fact });
  return card;
}

export const ground = () => (shownClass() !== null ? run.grey : run.photo);

/** What a model's card draws, in the view of the moment. */
function mapOf(card, field = state.measure) {
  if (state.bare) return { base: run.photo };
  if (state.view === "uncertainty")
    return { base: run.photo, map: card.fields?.[field], opacity: state.opacity.uncertainty };
  if (!card.labels) return { base: run.photo };
  return { base: ground(), map: card.labels, opacity: state.opacity[state.view] ?? 1 };
}

/** Answered, but what it sees did not come through. */
function fillLost(card) {
  card.status.hidden = !card.lost;
  card.status.className = `zoo-status ${card.lost ? "failed" : ""}`;
  card.status.replaceChildren(
    make("strong", {}, `The ${card.kind === "photo" ? "photo" : "map"} could not be fetched`),
    make("span", {}, "Press Segment to ask for it again."),
  );
}

/** A measure that is made of what this network's scores are not. */
function fillUnsayable(card) {
  const { title, needs } = measureOf(state.measure);
  if (state.view !== "uncertainty" || card.panel.measures.includes(state.measure)) return;
  card.status.hidden = false;
  card.status.className = "zoo-status";
  card.status.replaceChildren(
    make("strong", {}, "Cannot say"),
    make("span", {}, `${title} is made of ${needs}, and this network's scores are none.`),
  );
}

export function fillStatus(card) {
  const { panel } = card;
  const mute = panel && state.view === "uncertainty" && !panel.measures.includes(state.measure) && state.measure;
  fillOnce(card.status, [panel, card.lost, mute], () => (panel ? fillPanel(card) : fillLost(card)));
}

function fillPanel(card) {
  const { panel, status } = card;
  const busy = panel.status === "loading" || panel.status === "running";
  status.hidden = false;
  status.className = `zoo-status ${panel.status}`;
  status.replaceChildren(
    busy ? make("span", { class: "zoo-spin", "aria-hidden": "true" }) : "",
    make("strong", {}, `${WAITING[panel.status] ?? ""}${busy ? " ..." : ""}`),
    make("span", {}, panel.message || ""),
  );
  if (panel.status === "done") fillLost(card);
  if (panel.status === "done" && !card.lost) fillUnsayable(card);
  card.fact.replaceChildren(...(panel.status === "done" ? factsOf(panel) : PLACES.map(place)));
  card.surface.box.setAttribute("aria-label", describe(card));
}

/** For what comes with the answer, so that no picture moves down then. */
const place = (text) => make("span", { class: "zoo-place", "aria-hidden": "true" }, text);
const PLACES = ["88 M", "888 ms on CPU, float32"];

/**
 * @param {import("../run.js").Panel} panel
 * @returns {Node[]}
 */
const factsOf = (panel) => [
  make("span", { title: "Parameters: weights in use when it answers" }, millions(panel.parameters)),
  make(
    "span",
    { title: "Time for this photo: the network and its maps" },
    `${duration(panel.seconds)}${panel.computed && ` on ${panel.computed}`}`,
  ),
];

/**
 * The names on a network's regions, where its classes are shown alone.
 *
 * @param {import("../run.js").Card} card
 * @returns {import("../draw/surface.js").Name[]}
 */
function namesOn(card) {
  if (state.view !== "labels" || !state.names || state.bare || !card.labels) return [];
  const { class_set: key } = card.panel;
  const only = shownClass();
  return card.labels.places
    .filter(({ value }) => only === null || sameName(only, classOf(key, value)))
    .map(({ value, x, y, room }) => ({ text: nameOf(key, value), x, y, room }));
}

function describe(card) {
  const { panel } = card;
  if (panel.status !== "done") return `${panel.title}: ${WAITING[panel.status] ?? ""}. ${panel.message}`;
  const seen = panel.classes
    .slice(0, 4)
    .map((row) => `${nameOf(panel.class_set, row.index)} ${percent(row.area)}`)
    .join(", ");
  const doubt = `Mean entropy ${fixed(panel.entropy, 2)} nats.`;
  return `${panel.title} sees ${seen}. ${doubt} Arrow keys move the crosshair, Enter inspects.`;
}

/** What the threshold hides of this panel. */
function fillHidden(card) {
  const cut = state.view === "uncertainty" ? (state.threshold[state.measure] ?? null) : null;
  const painting = card.fields?.[state.measure];
  card.hidden.hidden = cut === null || !painting;
  if (card.hidden.hidden) return;
  const share = hiddenShare(painting.counts, page.levels, cut, state.side);
  card.hidden.textContent = `${percent(share)} of the pixels hidden`;
}

export function solo(id) {
  change({ solo: state.solo === id ? null : id }, "layout", "draw", "toolbar");
}

const cardOf = (id) => (id === "photo" ? photoCard : run.cards.get(id));

const allCards = () => [photoCard, ...run.cards.values()].filter(Boolean);

onDraw("layout", () => {
  if (!photoCard) return;
  grid.hidden = state.view === "compare" || !run.id;
  if (state.solo && !cardOf(state.solo)) state.solo = null;
  grid.classList.toggle("solo", Boolean(state.solo));
  const ratio = run.width / Math.max(1, run.height);
  grid.style.setProperty("--ratio", clamp(ratio, 1, 2.4));
  grid.style.setProperty("--picture", ratio);
  for (const card of allCards()) {
    const alone = state.solo === card.node.dataset.id;
    const button = card.head.querySelector(".zoo-tool");
    card.node.classList.toggle("alone", alone);
    card.node.hidden = Boolean(state.solo) && !alone;
    fillOnce(button, alone, () => button.replaceChildren(icon(alone ? "shrink" : "grow")));
    button.setAttribute("aria-pressed", String(alone));
    fillStatus(card);
  }
  fillPhotoCard();
  redraw("draw");
});

function fillPhotoCard() {
  const layers = [...run.layers.values()].filter((layer) => layer.kind !== "regions");
  if (!layers.some((layer) => layer.id === state.first)) state.first = "photo";
  const codes = run.layers.get(state.first)?.codes ?? [];
  const choices = layers.map(({ id, title }) => [id, title]);
  const { name, photoWidth, photoHeight } = run;
  const texts = run.notes.concat(hints());
  fillOnce(photoCard.choice, choices, () => {
    photoCard.choice.hidden = !layers.length;
    photoCard.head.querySelector("h3").hidden = Boolean(layers.length);
    photoCard.choice.replaceChildren(
      new Option("Photo", "photo"),
      ...choices.map(([id, title]) => new Option(title, id)),
    );
  });
  photoCard.choice.value = state.first;
  fillOnce(photoCard.legend, [codes, texts, name, photoWidth, photoHeight], () => {
    photoCard.size.textContent = `${photoWidth} × ${photoHeight}`;
    photoCard.surface.box.setAttribute("aria-label", `The photo ${name}, ${photoWidth} by ${photoHeight} pixels`);
    photoCard.legend.replaceChildren(...(codes.length ? [legendOf(codes)] : quietly(texts)));
  });
}

const legendOf = (codes) =>
  make(
    "ul",
    {},
    ...codes.map((code) =>
      make(
        "li",
        { class: "zoo-code" },
        make("i", { style: `background:${code.colour}` }),
        make("span", {}, code.label),
        code.area == null ? "" : make("b", {}, percent(code.area)),
      ),
    ),
  );

const quietly = (texts) => texts.map((text) => make("p", { class: "zoo-quiet" }, text));

const hints = () => [
  ...(page.examples.some(({ name, truth }) => name === run.example && truth.length)
    ? ["This example comes with a truth: the tab Truth tells how right each network is."]
    : []),
  "Click a pixel to read its five likeliest classes.",
  "Legends: share of the picture, mean doubt (entropy, or the measure shown); choose a class to see it alone.",
];

onDraw("paint", () => {
  const rank = state.patterns ? ranks() : null;
  publishPatterns(grid, classView() ? rank : null);
  const needed = state.view === "compare" ? [state.left, state.right] : null;
  for (const card of run.cards.values()) {
    const { id, class_set: key } = card.panel;
    if (card.labels && (needed ? needed.includes(`${id}:labels`) : classView())) {
      if (rank) card.labels.hatch(classTable(key), rank(key));
      else card.labels.paint(classTable(key));
    }
    for (const [name, painting] of Object.entries(card.fields ?? {})) {
      if (needed ? needed.includes(`${id}:${name}`) : state.view === "uncertainty" && name === state.measure)
        painting.paint(fieldTable(name));
    }
  }
  run.cards.forEach(fillHidden);
  for (const layer of run.layers.values()) layer.painting?.paint(layerTable(layer));
  redraw("draw");
});
