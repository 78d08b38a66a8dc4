// @ts-check
// One row a network: its first answer, its answer to the changed photo, and what became of its labels.

import { classTable } from "../../draw/tables.js";
import { make } from "../../elements.js";
import { finished, run } from "../../run.js";
import { fixed, percent } from "../../wording.js";
import { parts, whatIf } from "./state.js";
import { flipWords, ranked, sumUp } from "./words.js";

/** Of 255: how much a class's colour covers where it stayed, and where the label is another. */
const [STAYED, CHANGED, WHOLE] = [50, 230, 153];

/** @param {boolean} again whether the colours are others */
export function fillStrip(again = false) {
  const { rows } = whatIf;
  const about = `${run.id} ${whatIf.words} ${[...rows.keys()]}`;
  if (parts.strip.about === about && !again) return; // nothing that is drawn has changed
  parts.strip.about = parts.all.offsetParent ? about : ""; // what is not seen is drawn when it is
  if (!parts.all.offsetParent) return;
  parts.sum.textContent = rows.size ? sumUp() : "";
  const order = ranked();
  const most = order.length > 1 && whatIf.rows.get(order[0]).reply.changed > 0 ? order[0] : "";
  parts.strip.replaceChildren(
    ...finished()
      .filter(({ id }) => rows.has(id))
      .map((panel) => card(panel, rows.get(panel.id), panel.id === most)),
  );
  parts.explain.hidden = !order.length;
}

/**
 * @param {import("../../run.js").Panel} panel
 * @param {import("./state.js").Row} row
 * @param {boolean} most
 */
function card(panel, row, most) {
  const head = make(
    "header",
    { class: "zoo-head" },
    make("h3", {}, panel.title),
    most ? make("span", { class: "zoo-what-most" }, "most sensitive") : "",
  );
  const label = {
    class: "zoo-card zoo-what-card",
    "data-model": panel.id,
    "aria-label": `${panel.title}, changed photo`,
  };
  if (!row.reply) return make("section", label, head, make("p", { class: "zoo-what-none" }, row.message));
  const { reply } = row;
  const difference = reply.entropy_after - reply.entropy_before;
  const entropy =
    `${fixed(reply.entropy_before, 2)} → ${fixed(reply.entropy_after, 2)} nats ` +
    `(${difference < 0 ? "−" : "+"}${fixed(Math.abs(difference), 2)})`;
  const flips = flipWords(reply);
  return make(
    "section",
    label,
    head,
    make(
      "div",
      { class: "zoo-what-pair" },
      figure(paint(row.before, null, reply.class_set, run.photo), "First answer", panel.title),
      figure(paint(row.after, row.marks, reply.class_set, whatIf.answered), "Now; changed labels strong", panel.title),
    ),
    make(
      "dl",
      {},
      make("dt", {}, "Labels changed"),
      make("dd", {}, make("b", { class: "zoo-what-share" }, percent(reply.changed)), meter(reply.changed)),
      make("dt", {}, "Mean entropy"),
      make("dd", {}, entropy),
      make("dt", {}, "From → to"),
      make("dd", {}, flips.length ? make("ul", {}, ...flips.map((words) => make("li", {}, words))) : "none"),
    ),
  );
}

const meter = (share) =>
  make("span", { class: "meter", "aria-hidden": "true" }, make("span", { style: `width:${100 * share}%` }));

function figure(canvas, words, title) {
  Object.assign(canvas, { role: "img" });
  canvas.setAttribute("aria-label", `${title}, ${words.toLowerCase()}`);
  return make("figure", {}, canvas, make("figcaption", {}, words));
}

/**
 * @param {import("../../draw/sampling.js").GreyMap} map
 * @param {import("../../draw/sampling.js").GreyMap | null} marks where it is strong
 * @param {string} key of the class set
 * @param {CanvasImageSource | null} base
 */
function paint(map, marks, key, base) {
  const { width, height, values } = map;
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d");
  if (base) context.drawImage(base, 0, 0, width, height);
  const table = classTable(key);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < values.length; i++) {
    pixels[i] = table[values[i]];
    image.data[4 * i + 3] = !marks ? WHOLE : marks.values[i] ? CHANGED : STAYED;
  }
  const layer = new OffscreenCanvas(width, height);
  layer.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(layer, 0, 0);
  return canvas;
}
