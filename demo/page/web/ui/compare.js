// @ts-check
// The swipe between any two maps. The divider is a range input; the map keys are "photo", "<model>:labels",
// "<model>:<measure>" and "layer:<id>".

import { classOf, measureOf, nameOf } from "../draw/classes.js";
import { css } from "../draw/colours.js";
import { Surface } from "../draw/surface.js";
import { publishPatterns, ranks, scaleColour } from "../draw/tables.js";
import { fillOnce, icon, make, swatch } from "../elements.js";
import { page } from "../page.js";
import { run } from "../run.js";
import { change, onDraw, state } from "../state.js";
import { fixed } from "../wording.js";
import { ground } from "./cards.js";
import { blinking, swapSides } from "./view.js";

export const stage = make("div", { class: "zoo-stage", hidden: true });

const sides = {};

const legend = make("ul", { "aria-label": "What the colours of the two maps mean" });

/** @typedef {{text: string, rising: boolean, grey: boolean}} Scaled a map of doubt, which rises with it or falls */

const NAMED = 12; // classes in the legend

export function makeStage() {
  const surface = new Surface(
    () => [
      { ...mapByKey(state.blink ? state.blink : state.left), clip: [0, state.blink ? 1 : state.cut] },
      ...(state.blink ? [] : [{ ...mapByKey(state.right), clip: [state.cut, 1] }]),
    ],
    "The two maps, one over the other",
  );
  const range = make("input", {
    type: "range",
    class: "zoo-divider",
    min: 0,
    max: 1000,
    value: 500,
    "aria-label": "Divider: how much of the left map is shown",
    oninput: () => change({ cut: range.value / 1000 }, "draw", "toolbar"),
  });
  const line = make("div", { class: "zoo-cut", "aria-hidden": "true" });
  for (const side of ["left", "right"]) {
    const choice = make("select", {
      class: "zoo-select",
      "aria-label": `Map on the ${side}`,
      onchange: () => change({ [side]: choice.value }, "paint", "toolbar"),
    });
    sides[side] = {
      choice,
      name: make("span", { class: `zoo-name ${side}` }),
      tip: make("div", { class: `zoo-tip ${side}`, hidden: true }),
    };
  }
  const swap = make(
    "button",
    { type: "button", class: "zoo-tool", "aria-label": "Swap the two maps", title: "Swap (S)", onclick: swapSides },
    icon("swap"),
  );
  const blink = make(
    "button",
    {
      type: "button",
      class: "zoo-button",
      title: "Hold to alternate the two maps (B)",
      onpointerdown: () => blinking(true),
      onpointerup: () => blinking(false),
      onpointerleave: () => blinking(false),
    },
    "Hold to blink",
  );
  surface.box.append(line, range, sides.left.name, sides.right.name);
  stage.append(
    make("div", { class: "zoo-sides" }, sides.left.choice, swap, sides.right.choice, blink),
    surface.box,
    make("div", { class: "zoo-legend" }, legend),
  );
  Object.assign(stage, { surface, range, line });
}

onDraw("layout", () => {
  stage.hidden = state.view !== "compare" || !run.id;
});

onDraw("toolbar", () => {
  if (run.id) fillSides();
});

onDraw("paint", () => {
  publishPatterns(stage, state.patterns && state.view === "compare" ? ranks() : null);
});

function mapKeys() {
  const keys = [["photo", "Photo"]];
  for (const { panel } of run.cards.values()) {
    keys.push([`${panel.id}:labels`, panel.title]);
    for (const measure of panel.measures)
      keys.push([`${panel.id}:${measure}`, `${panel.title} ${measureOf(measure).title.toLowerCase()}`]);
  }
  for (const layer of run.layers.values()) if (layer.kind !== "regions") keys.push([`layer:${layer.id}`, layer.title]);
  return keys;
}

/** @param {string} key */
export const knowsMap = (key) => mapKeys().some(([known]) => known === key);

/** What one side of the swipe draws. */
export function mapByKey(key) {
  const [id, what] = key.split(":");
  const card = run.cards.get(id);
  if (id === "layer") return { base: run.photo, map: run.layers.get(what)?.painting, opacity: 1 };
  if (!card) return { base: run.photo };
  if (what === "labels") return { base: ground(), map: card.labels, opacity: state.opacity.overlay };
  return { base: run.photo, map: card.fields?.[what], opacity: state.opacity.uncertainty };
}

/** @param {Scaled} scaled its colours from 0 to the end of its scale */
function scaleKey({ text, rising }) {
  const ramp = make("canvas", { width: 128, height: 1, "aria-hidden": "true" });
  const context = ramp.getContext("2d");
  for (let x = 0; x < 128; x++) {
    context.fillStyle = css(scaleColour(rising ? x / 127 : 1 - x / 127));
    context.fillRect(x, 0, 1, 1);
  }
  return make("li", { class: "zoo-code zoo-ramp-key" }, ramp, make("span", {}, text));
}

/** @param {import("../wire.d.ts").Code} code of a map of all models together */
const codeKey = ({ colour, label }) =>
  make(
    "li",
    { class: "zoo-code" },
    make("i", { class: colour ? "" : "photo", style: colour ? `background:${colour}` : "" }),
    make("span", {}, label),
  );

/** The scales of both sides, the codes of maps of all models, and the classes, each once, the largest first. */
function fillLegend() {
  /** @type {Scaled[]} */
  const scaled = [];
  const codes = [];
  const addScale = (title, top, unit, rising) => {
    const text = `${title}, 0 to ${fixed(top, 2)} ${unit}`.trim();
    if (!scaled.some((one) => one.text === text)) scaled.push({ text, rising, grey: state.article });
  };
  /** @type {Map<number, number>} */
  const areas = new Map();
  for (const side of ["left", "right"]) {
    const [id, what] = state[side].split(":");
    const panel = run.cards.get(id)?.panel;
    const layer = id === "layer" ? run.layers.get(what) : null;
    if (layer) codes.push(...layer.codes);
    if (layer?.kind === "scalar") addScale(layer.title, layer.top, layer.unit ?? "nats", true);
    if (layer?.kind === "classes")
      layer.painting?.counts.forEach((count, index) => {
        if (!count || !nameOf(layer.classSet, index)) return;
        const number = classOf(layer.classSet, index);
        areas.set(number, Math.max(count / (run.width * run.height), areas.get(number) ?? 0));
      });
    const measure = panel && what !== "labels" && measureOf(what, panel.class_set);
    if (measure) addScale(measure.title, measure.top, measure.unit, measure.high_is_doubt);
    if (what !== "labels" || !panel?.classes) continue;
    for (const { index, area } of panel.classes) {
      const number = classOf(panel.class_set, index);
      areas.set(number, Math.max(area, areas.get(number) ?? 0));
    }
  }
  const ranked = [...areas].sort((a, b) => b[1] - a[1]).map(([number]) => number);
  fillOnce(legend, [scaled, codes, ranked], () => {
    const rest = ranked.length - NAMED;
    legend.replaceChildren(
      ...scaled.map(scaleKey),
      ...codes.map(codeKey),
      ...ranked
        .slice(0, NAMED)
        .map((number) => make("li", { class: "zoo-code" }, swatch(number), make("span", {}, page.names[number]))),
      rest > 0 ? make("li", { class: "zoo-code zoo-quiet" }, `and ${rest} smaller`) : "",
    );
  });
}

/** Two different models to begin with. */
function fillSides() {
  const keys = mapKeys();
  const known = new Set(keys.map(([key]) => key));
  const labels = keys.map(([key]) => key).filter((key) => key.endsWith(":labels"));
  if (!known.has(state.left)) state.left = labels[0] ?? "photo";
  if (!known.has(state.right)) state.right = labels.at(-1) !== state.left ? (labels.at(-1) ?? "photo") : "photo";
  for (const [side, { choice, name }] of Object.entries(sides)) {
    fillOnce(choice, keys, () => {
      const groups = new Map();
      for (const [key, text] of keys) {
        const title = run.cards.get(key.split(":")[0])?.panel.title ?? "All together";
        if (!groups.has(title)) groups.set(title, make("optgroup", { label: title }));
        groups.get(title).append(new Option(text, key));
      }
      choice.replaceChildren(...groups.values());
    });
    choice.value = state[side];
    name.textContent = keys.find(([key]) => key === (state.blink || state[side]))?.[1] ?? "";
    name.hidden = Boolean(state.blink) && side === "right";
  }
  fillLegend();
  stage.range.value = Math.round(state.cut * 1000);
  stage.range.setAttribute(
    "aria-valuetext",
    `${Math.round(state.cut * 100)} percent ${sides.left.name.textContent}, the rest ${sides.right.name.textContent}`,
  );
  stage.line.style.left = `${state.cut * 100}%`;
  stage.classList.toggle("blinking", Boolean(state.blink));
  stage.style.setProperty("--picture", run.width / Math.max(1, run.height));
}
