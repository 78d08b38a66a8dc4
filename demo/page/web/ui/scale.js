// @ts-check
// The uncertainty view's own row: which number, in which colours, on which fixed scale, and a threshold.

import { classSet } from "../draw/classes.js";
import { css, doubt } from "../draw/colours.js";
import { scaleColour } from "../draw/tables.js";
import { checkbox, make, radioBar } from "../elements.js";
import { page } from "../page.js";
import { finished } from "../run.js";
import { change, redraw, state } from "../state.js";
import { fixed } from "../wording.js";

export const MEASURE = {
  entropy: {
    text: "Entropy",
    get top() {
      return Math.max(...shownSets().map((set) => set.maxEntropy));
    },
    unit: "nats",
    get ticks() {
      const { top } = this;
      return [...Array.from({ length: Math.ceil(top - 0.25) }, (_, nats) => nats), top];
    },
  },
  confidence: { text: "Confidence", top: 1, unit: "", ticks: [0, 0.25, 0.5, 0.75, 1] },
  margin: { text: "Margin", top: 1, unit: "", ticks: [0, 0.25, 0.5, 0.75, 1] },
};

const EXPLAIN = {
  get entropy() {
    const counts = [...new Set(shownSets().map(({ count }) => count))];
    const ends = counts.map((count) => `ln ${count} = ${fixed(Math.log(count), 2)}`).join(" or ");
    const several = counts.length > 1 ? " Each map's scale ends at its own." : "";
    const what = `Entropy of the ${counts.join(" or ")} probabilities`;
    return `${what}: 0 is certain, ${ends} nats is no idea at all.${several}`;
  },
  confidence: "Probability of the likeliest class.",
  margin: "Likeliest minus second likeliest probability.",
};

const ENTROPY = [
  "H = −Σ p ln p, the sum over all classes of a pixel's probabilities p: how surprising the class would be, " +
    "on average. ",
  "One class with p = 1 gives 0. Two with ½ each give ln 2 = 0.69, ten with 0.1 each give ln 10 = 2.30. ",
  "With the natural logarithm the unit is the nat; 0.69 nats are one bit. ",
  "High entropy says that the network hesitates, not that it is wrong; low entropy that it is sure, not that " +
    "it is right.",
];

/** The class sets of the answers that are there; the first one where there is none. */
const shownSets = () => {
  const keys = new Set(finished().map((panel) => panel.class_set));
  return keys.size ? [...keys].map(classSet) : [classSet("")];
};

/** @type {Record<string, any>} the row's elements */
const ruler = {};

export function makeScale() {
  ruler.measure = radioBar(
    "zoo-measure",
    "Which uncertainty",
    Object.fromEntries(Object.entries(MEASURE).map(([key, { text }]) => [key, text])),
    state.measure,
    (measure) => change({ measure }, "paint", "toolbar", "glass", "link"),
  );
  ruler.article = checkbox("White = high entropy", "Grey levels, as in the article's figures", (article) =>
    change({ article }, "paint", "toolbar"),
  );
  ruler.ramp = make("canvas", { class: "zoo-ramp", width: 512, height: 1, "aria-hidden": "true" });
  ruler.cut = make("input", {
    type: "range",
    class: "zoo-cutoff",
    min: 0,
    max: page.levels,
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
        change({ side: ruler.side.value }, "paint", "toolbar");
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
    ruler.article,
    ruler.explain,
    ruler.more,
  );
  return ruler.scale;
}

// The thumb rests at the end where nothing is hidden.
const restOf = (side) => (side === "below" ? 0 : page.levels);

function moveCut() {
  const value = Number(ruler.cut.value);
  const nothing = value === restOf(state.side);
  state.threshold[state.measure] = nothing ? null : (value - 0.5) / (page.levels - 1);
  redraw("paint", "toolbar");
}

export function fillScale() {
  ruler.scale.hidden = state.view !== "uncertainty";
  if (ruler.scale.hidden) return;
  const { top, unit, ticks } = MEASURE[state.measure];
  const cut = state.threshold[state.measure];
  ruler.measure.pick(state.measure);
  ruler.article.input.checked = state.article;
  ruler.side.value = state.side;
  const at = cut === null ? restOf(state.side) : Math.round(cut * (page.levels - 1) + 0.5);
  if (Number(ruler.cut.value) !== at) ruler.cut.value = at;
  const said = cut === null ? "nothing" : `${fixed(Math.max(0, cut) * top, 2)} ${unit}`.trim();
  ruler.cutText.textContent = said;
  ruler.cut.setAttribute("aria-label", `Threshold: hide pixels ${state.side} it`);
  ruler.cut.setAttribute(
    "aria-valuetext",
    cut === null ? "nothing is hidden" : `hides ${state.measure} ${state.side} ${said}`,
  );
  ruler.more.hidden = state.measure !== "entropy";
  ruler.explain.textContent = EXPLAIN[state.measure];
  // sets of several sizes end at several values: then only what is common to them has a number
  const ends = state.measure === "entropy" && new Set(shownSets().map(({ count }) => count)).size > 1 ? [0] : ticks;
  ruler.ticks.replaceChildren(
    ...ends.map((value, i) =>
      make(
        "span",
        { style: `left:${(value / top) * 100}%` },
        i > 0 && i === ends.length - 1 && state.measure === "entropy"
          ? fixed(value, 2)
          : `${value}${i === 0 && unit ? ` ${unit}` : ""}`,
      ),
    ),
  );
  const context = ruler.ramp.getContext("2d");
  for (let x = 0; x < 512; x++) {
    const t = x / 511;
    const hidden = cut !== null && (state.side === "below" ? t < cut : t > cut);
    context.clearRect(x, 0, 1, 1);
    context.globalAlpha = hidden ? 0.15 : 1;
    context.fillStyle = css(scaleColour(doubt(state.measure, t)));
    context.fillRect(x, 0, 1, 1);
  }
}
