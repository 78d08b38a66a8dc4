// @ts-check
// The tab "Pixel": what every model thinks of the inspected pixel, its likeliest classes and how unsure it is.

import { classOf, measures } from "../draw/classes.js";
import { make, swatch } from "../elements.js";
import { latest } from "../ui/inspect.js";
import { fixed, score } from "../wording.js";

/** @typedef {import("../wire.d.ts").PixelAnswer} PixelAnswer */

const INVITATION =
  "Click a pixel in any panel, or move the crosshair with the arrow keys and press Enter: " +
  "every network's five likeliest classes appear here.";

/**
 * @param {import("../wire.d.ts").LikelyClass} row
 * @param {string} key of the class set
 */
function bar(row, key) {
  const fill = make("span", { style: `width:${Math.max(0.5, row.probability * 100)}%` });
  const meter = make("span", { class: "meter" }, fill);
  return make(
    "li",
    {},
    swatch(classOf(key, row.index)),
    make("span", { class: "name" }, row.name),
    meter,
    make("b", {}, score(row.probability)),
  );
}

/**
 * What the first bar does not say already; of what the network cannot say, that it cannot.
 *
 * @param {PixelAnswer} model
 */
const doubtOf = (model) =>
  measures()
    .filter(({ id }) => id !== "confidence")
    .map(({ id, title }) => {
      const value = model.measures[id];
      return `${title.toLowerCase()} ${value == null ? "cannot be said" : fixed(value, 2)}`;
    })
    .join(" · ");

/** @param {PixelAnswer} model */
function answer(model) {
  const bars = make("ol", {}, ...model.classes.map((row) => bar(row, model.class_set)));
  return make("section", { class: "zoo-answer" }, make("h3", {}, model.title), bars, make("p", {}, doubtOf(model)));
}

/**
 * Who says what, the largest party first.
 *
 * @param {PixelAnswer[]} rows
 */
function verdict(rows) {
  const parties = new Map();
  for (const row of rows) {
    const { name } = row.classes[0];
    parties.set(name, [...(parties.get(name) ?? []), row]);
  }
  if (parties.size > 1) {
    const ranked = [...parties].sort((a, b) => b[1].length - a[1].length);
    return `${ranked.map(([name, models]) => `${models.map((row) => row.title).join(", ")}: ${name}`).join("; ")}.`;
  }
  const { title, classes } = rows[0];
  return rows.length === 1 ? `${title} says ${classes[0].name}.` : `all ${rows.length} say ${classes[0].name}.`;
}

/** @param {typeof latest} reply */
function lead({ rows, x, y, message }) {
  if (message) return message;
  if (rows.length) return `Pixel x ${x}, y ${y}: ${verdict(rows)}`;
  return x === undefined ? INVITATION : "No network has answered yet.";
}

/** @type {HTMLElement | null} */
let box = null;

/** @type {typeof latest | null} */
let shown = null;

function show() {
  if (!box || shown === latest) return;
  shown = latest;
  const answers = make("div", { class: "zoo-answers" }, ...shown.rows.map(answer));
  box.replaceChildren(make("p", { class: "zoo-lead" }, lead(shown)), answers);
  box.dataset.models = String(shown.rows.length);
}

/** @type {import("../ui/tabs.js").Tab} */
export const pixel = {
  name: "pixel",
  mount(root) {
    box = root;
    shown = null;
    show();
  },
  onDraw: { glass: show },
};
