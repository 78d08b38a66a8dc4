// @ts-check
// The uncertainty view's own row: which number, in which colours, on which fixed scale, and a threshold.

import { classSet, measureOf, measures } from "../draw/classes.js";
import { doubt } from "../draw/colours.js";
import { hides } from "../draw/levels.js";
import { clamp } from "../draw/sampling.js";
import { scaleColour, shownExtent } from "../draw/tables.js";
import { checkbox, make, radioBar } from "../elements.js";
import { page } from "../page.js";
import { finished } from "../run.js";
import { change, redraw, state } from "../state.js";
import { fixed, ticksOf } from "../wording.js";

const ENTROPY = [
  "H = −Σ p ln p (the article's Eq. 7, put right), the sum over all C classes of a pixel's probabilities " +
    "p = exp z / Σ exp z, the softmax of its scores z: how surprising the class would be, on average. ",
  "It runs from 0, where one class has p = 1, to ln C, where all are equally likely. Two classes with ½ each give " +
    "ln 2 = 0.69, ten with 0.1 each ln 10 = 2.30. ",
  "With the natural logarithm the unit is the nat; 0.69 nats are one bit. ",
  "A formula that you read elsewhere is another number if it lacks the minus (no entropy is negative), the p before " +
    "the logarithm (then what is impossible counts most), or has another logarithm (then the unit is another). ",
  "High entropy says that the network hesitates, not that it is wrong; low entropy that it is sure, not that " +
    "it is right.",
];

/** The class sets of the answers that are there; the first one where there is none. */
const shownSets = () => {
  const keys = new Set(finished().map((panel) => panel.class_set));
  return keys.size ? [...keys].map(classSet) : [classSet("")];
};

/**
 * The end of a measure's scale over the answers that are there.
 *
 * @param {string} id
 */
export const shownTop = (id) => Math.max(...shownSets().map(({ key }) => measureOf(id, key).top));

/** @type {Record<string, any>} the row's elements */
const ruler = {};

export function makeScale() {
  ruler.measure = radioBar(
    "zoo-measure",
    "Which uncertainty",
    Object.fromEntries(measures().map(({ id, title }) => [id, title])),
    state.measure,
    (measure) => change({ measure }, "layout", "legend", "paint", "toolbar", "glass", "link"),
  );
  ruler.article = checkbox("White = high", "Grey levels, as in the article's figures", (article) =>
    change({ article }, "paint", "toolbar"),
  );
  ruler.stretch = checkbox(
    "Stretch to this photo",
    "Colours run from the lowest to the highest value that any network has on this photo, not over the whole scale",
    (stretch) => change({ stretch }, "paint", "toolbar"),
  );
  ruler.ramp = make("canvas", { class: "zoo-ramp", width: 512, height: 1, "aria-hidden": "true" });
  ruler.cut = make("input", {
    type: "range",
    class: "zoo-cutoff",
    step: 1,
    oninput: moveCut,
  });
  ruler.ticks = make("div", { class: "zoo-ticks", "aria-hidden": "true" });
  ruler.side = make(
    "select",
    {
      class: "zoo-select",
      "aria-label": "Which pixels are hidden",
      onchange: () => {
        state.side = ruler.side.value;
        moveCut();
      },
    },
    new Option("Hide below", "below"),
    new Option("Hide above", "above"),
  );
  ruler.cutText = make("output", { class: "zoo-quiet" });
  ruler.explain = make("span", { class: "zoo-quiet zoo-explain" });
  ruler.more = make(
    "details",
    { class: "zoo-quiet zoo-explain" },
    make("summary", {}, "What is entropy?"),
    make("p", {}, ...ENTROPY),
  );
  ruler.scale = make(
    "div",
    { class: "zoo-row zoo-scale", hidden: true },
    ruler.measure,
    make("div", { class: "zoo-ruler" }, ruler.ramp, ruler.cut, ruler.ticks),
    make("div", { class: "zoo-hide" }, ruler.side, ruler.cutText),
    ruler.stretch,
    ruler.article,
    ruler.explain,
    ruler.more,
  );
  return ruler.scale;
}

/**
 * Where the thumb can be, in steps of the scale: at `rest`, one of its ends, nothing is hidden; anywhere else something
 * stays to be seen, so that it never stands for more than the scale has.
 *
 * @param {[number, number]} extent the steps that are drawn
 * @param {"below" | "above"} side
 */
const placesOf = ([low, high], side) =>
  side === "below" ? { min: low, max: high, rest: low } : { min: low + 1, max: high + 1, rest: high + 1 };

/** Grey shows doubt: white is a high entropy, but a low confidence. */
const whiteWords = ({ title, high_is_doubt: high }) => `White = ${high ? "high" : "low"} ${title.toLowerCase()}`;

function moveCut() {
  const { min, max, rest } = placesOf(shownExtent(state.measure), state.side);
  const value = clamp(Number(ruler.cut.value), min, max); // the ends move with the next drawing only
  state.threshold[state.measure] = value === rest ? null : (value - 0.5) / (page.levels - 1);
  redraw("paint", "toolbar");
}

export function fillScale() {
  ruler.scale.hidden = state.view !== "uncertainty";
  if (ruler.scale.hidden) return;
  const measure = measureOf(state.measure);
  const scales = shownSets().map(({ key }) => measureOf(state.measure, key));
  const tops = [...new Set(scales.map((scale) => scale.top))];
  ruler.measure.pick(state.measure);
  ruler.article.input.checked = state.article;
  ruler.article.querySelector("span").textContent = whiteWords(measure);
  ruler.stretch.input.checked = state.stretch;
  ruler.side.value = state.side;
  const extent = shownExtent(state.measure);
  fillCut(measure, Math.max(...tops), extent);
  ruler.more.hidden = state.measure !== "entropy";
  const sentences = [...new Set(scales.map((scale) => scale.sentence))];
  if (tops.length > 1) sentences.push("Each map's scale ends at its own.");
  if (state.stretch) sentences.push("Stretched, one colour is not the same doubt on another photo.");
  ruler.explain.textContent = sentences.join(" ");
  fillTicks(measure, tops, extent);
  fillRamp(measure, extent);
}

/**
 * @param {import("../wire.d.ts").MeasureScale} measure
 * @param {number} top
 * @param {[number, number]} extent
 */
function fillCut(measure, top, extent) {
  const cut = state.threshold[state.measure] ?? null;
  const { min, max, rest } = placesOf(extent, state.side);
  Object.assign(ruler.cut, { min, max });
  const at = cut === null ? rest : clamp(Math.round(cut * (page.levels - 1) + 0.5), min, max);
  if (Number(ruler.cut.value) !== at) ruler.cut.value = at;
  const said = cut === null ? "nothing" : `${fixed(cut * top, 2)} ${measure.unit}`.trim();
  ruler.cutText.textContent = said;
  ruler.cut.setAttribute("aria-label", `Threshold: hide pixels ${state.side} it`);
  ruler.cut.setAttribute(
    "aria-valuetext",
    cut === null ? "nothing is hidden" : `hides ${measure.title.toLowerCase()} ${state.side} ${said}`,
  );
}

/**
 * @param {import("../wire.d.ts").MeasureScale} measure
 * @param {number[]} tops of the scales there are
 * @param {[number, number]} extent
 */
function fillTicks({ unit }, tops, [low, high]) {
  const top = Math.max(...tops);
  const inUnit = (text) => (unit ? `${text} ${unit}` : text);
  const value = (step) => fixed((step / (page.levels - 1)) * top, 2);
  /** @type {[number, string][]} a place 0..1 on the bar, and what stands there */
  const marks = state.stretch
    ? [
        [0, tops.length > 1 ? "lowest" : value(low)],
        [0.5, "stretched to this photo"],
        [1, tops.length > 1 ? "highest" : inUnit(value(high))],
      ]
    : ticksOf(top)
        .slice(0, tops.length > 1 ? 1 : undefined) // what is common to all
        .map(([nats, text], i) => [nats / top, i === 0 ? inUnit(text) : text]);
  ruler.ticks.replaceChildren(...marks.map(([t, text]) => make("span", { style: `left:${t * 100}%` }, text)));
}

/**
 * @param {import("../wire.d.ts").MeasureScale} measure
 * @param {[number, number]} extent
 */
function fillRamp(measure, [low, high]) {
  const cut = state.threshold[state.measure] ?? null;
  const image = new ImageData(512, 1);
  for (let x = 0; x < 512; x++) {
    const t = (low + (x / 511) * (high - low)) / (page.levels - 1);
    image.data.set([...scaleColour(doubt(measure, x / 511)), hides(t, cut, state.side) ? 38 : 255], 4 * x);
  }
  ruler.ramp.getContext("2d").putImageData(image, 0, 0);
}
