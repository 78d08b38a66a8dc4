// @ts-check
// The stress ladder of this photo: a chart a corruption with a curve a network, and the same as a table.

import { measureOf } from "../../draw/classes.js";
import { make, makeSvg, scrolled } from "../../elements.js";
import { finished } from "../../run.js";
import { fixed, percent } from "../../wording.js";
import { parts, whatIf } from "./state.js";

/** @typedef {import("../../wire.d.ts").Rung} Rung */

const CHART = { left: 40, right: 8, top: 8, bottom: 34, width: 230, height: 132 };
const NUMBERS = {
  kept: { title: "Labels kept", top: () => 1, words: (/** @type {number} */ value) => percent(value) },
  entropy: {
    title: "Mean entropy, nats",
    top: () => Math.min(measureOf("entropy").top, Math.max(1, Math.ceil(2 * highest()) / 2)),
    words: (/** @type {number} */ value) => fixed(value, 2),
  },
};
const HALF = 0.5;

const highest = () => Math.max(0, ...whatIf.ladder.rungs.map(({ entropy }) => entropy));

const plain = (/** @type {string} */ kind) => kind.replaceAll("_", " ").replace("jpeg", "JPEG");

/** @type {(model: string, kind: string) => Rung[]} from the photo as it is upwards */
const rungsOf = (model, kind) =>
  whatIf.ladder.rungs
    .filter((rung) => rung.model === model && (rung.kind === kind || !rung.severity))
    .sort((a, b) => a.severity - b.severity);

export function fillLadder() {
  if (parts.charts.about === whatIf.ladder && parts.charts.number === whatIf.number) return;
  Object.assign(parts.charts, { about: whatIf.ladder, number: whatIf.number });
  const some = Boolean(whatIf.ladder?.rungs.length);
  parts.number.hidden = parts.ladderKey.hidden = parts.files.hidden = !some;
  parts.refused.textContent = Object.values(whatIf.ladder?.refused ?? {}).join(" ");
  if (!some) {
    parts.charts.replaceChildren();
    parts.table.replaceChildren();
    return;
  }
  const panels = finished();
  parts.number.pick(whatIf.number);
  parts.ladderKey.replaceChildren(
    ...panels.map((panel, i) => make("span", {}, keyLine(i, panel.family), panel.title)),
    make("span", { class: "zoo-quiet" }, "dashed: transformers"),
  );
  parts.charts.replaceChildren(...whatIf.told.corruptions.map((kind) => chart(kind, panels)));
  parts.table.replaceChildren(table(panels));
}

const look = (i, family) => `curve s${i % 8}${family === "transformer" ? " dashed" : ""}`;

function keyLine(i, family) {
  const line = makeSvg("line", { x1: 0, x2: 22, y1: 5, y2: 5, class: look(i, family) });
  return makeSvg(
    "svg",
    { viewBox: "0 0 22 10", width: 22, height: 10, class: "zoo-chart", "aria-hidden": "true" },
    line,
  );
}

const text = (x, y, words, anchor = "middle") => makeSvg("text", { x, y, "text-anchor": anchor }, words);

/**
 * @param {string} kind
 * @param {import("../../run.js").Panel[]} panels
 */
function chart(kind, panels) {
  const number = NUMBERS[whatIf.number];
  const top = number.top();
  const last = Math.max(...whatIf.told.severities);
  const x = (severity) => CHART.left + (severity / last) * CHART.width;
  const y = (value) => CHART.top + (1 - value / top) * CHART.height;
  const said = panels.map(({ id, title }) => {
    const values = rungsOf(id, kind).map((rung) => number.words(rung[whatIf.number]));
    return `${title} ${values.join(", ")}`;
  });
  const node = makeSvg("svg", {
    viewBox: `0 0 ${CHART.left + CHART.width + CHART.right} ${CHART.top + CHART.height + CHART.bottom}`,
    role: "img",
    class: "zoo-chart",
    "aria-label": `${number.title} under ${plain(kind)}, severity 0 to ${last}: ${said.join("; ")}`,
  });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    node.append(
      makeSvg("line", { x1: x(0), x2: x(last), y1: y(share * top), y2: y(share * top), class: "grid" }),
      text(
        CHART.left - 5,
        y(share * top) + 4,
        whatIf.number === "kept" ? percent(share) : fixed(share * top, 2),
        "end",
      ),
    );
  }
  for (const severity of [0, ...whatIf.told.severities])
    node.append(text(x(severity), CHART.top + CHART.height + 14, String(severity)));
  node.append(text(x(last / 2), CHART.top + CHART.height + 29, "severity"));
  panels.forEach(({ id, family, title }, i) => {
    const points = rungsOf(id, kind).map((rung) => [x(rung.severity), y(rung[whatIf.number])]);
    const line = points.map((point) => point.map((value) => fixed(value, 1)).join(",")).join(" ");
    const curve = makeSvg("polyline", { points: line, class: look(i, family) });
    curve.append(makeSvg("title", {}, title));
    node.append(curve, ...points.map(([cx, cy]) => makeSvg("circle", { cx, cy, r: 2.2, class: `dot s${i % 8}` })));
  });
  return make("figure", {}, make("figcaption", {}, plain(kind)), node);
}

/** @param {import("../../run.js").Panel[]} panels */
function table(panels) {
  const { corruptions } = whatIf.told;
  const head = ["Network", ...corruptions.map(plain), "Mean"].map((words) => make("th", { scope: "col" }, words));
  const rows = panels.map(({ id, title }) => {
    const cells = corruptions.map((kind) => make("td", {}, cellWords(rungsOf(id, kind))));
    return make("tr", {}, make("th", { scope: "row" }, title), ...cells, make("td", {}, meanWords(id)));
  });
  return make(
    "div",
    {},
    make(
      "p",
      { class: "zoo-quiet" },
      `Labels kept at the highest severity, and the first severity at which less than half are kept. Mean: over all.`,
    ),
    scrolled(
      "What is kept, as a table",
      make("table", { class: "zoo-table" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)),
    ),
  );
}

/** @param {Rung[]} rungs */
function cellWords(rungs) {
  const last = rungs.at(-1);
  if (last?.severity !== Math.max(...whatIf.told.severities)) return ""; // not climbed to the end yet
  const broken = rungs.find(({ kept }) => kept < HALF);
  return `${percent(last.kept)}${broken ? `, breaks at ${broken.severity}` : ""}`;
}

/** @param {string} id */
function meanWords(id) {
  if (whatIf.ladder.left[id]) return "";
  const kept = whatIf.ladder.rungs.filter((rung) => rung.model === id && rung.severity).map((rung) => rung.kept);
  return kept.length ? percent(kept.reduce((sum, value) => sum + value, 0) / kept.length) : "";
}
