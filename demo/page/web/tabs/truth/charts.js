// @ts-check
// Drawings: the reliability diagram with its counts, and the risk-coverage curve. Inline SVG in the theme's colours.

import { measureOf } from "../../draw/classes.js";
import { makeSvg } from "../../elements.js";
import { fixed, shortCount, thousands } from "../../wording.js";

/** @typedef {import("../../wire.d.ts").TruthScores} TruthScores */

const CHART = { left: 54, right: 10, top: 26, width: 250, height: 170 };

/** @param {string} id a measure's */
const called = (id) => measureOf(id).title.toLowerCase();

const chartX = (t) => CHART.left + t * CHART.width;

const chartY = (t, top = 1) => CHART.top + (1 - t / top) * CHART.height;

const svgText = (x, y, text, anchor = "middle") => makeSvg("text", { x, y, "text-anchor": anchor }, text);

const svgTitled = (node, text) => {
  node.append(makeSvg("title", {}, text));
  return node;
};

function chartFrame(label, across, up, top = 1, extra = 0) {
  const node = makeSvg("svg", {
    viewBox: `0 0 ${CHART.left + CHART.width + CHART.right} ${CHART.top + CHART.height + 40 + extra}`,
    role: "img",
    "aria-label": label,
    class: "zoo-chart",
  });
  for (let i = 0; i <= 4; i++) {
    const t = i / 4;
    const y = chartY(t);
    node.append(
      makeSvg("line", { x1: chartX(0), x2: chartX(1), y1: y, y2: y, class: "grid" }),
      svgText(CHART.left - 6, y + 4, fixed(t * top, top < 0.2 ? 3 : 2), "end"),
    );
  }
  for (const t of [0, 0.25, 0.5, 0.75, 1])
    node.append(svgText(chartX(t), CHART.top + CHART.height + extra + 15, String(t)));
  node.append(svgText(chartX(0.5), CHART.top + CHART.height + extra + 32, across));
  node.append(makeSvg("text", { transform: `translate(10 ${chartY(0.5)}) rotate(-90)`, "text-anchor": "middle" }, up));
  return node;
}

/**
 * Accuracy against confidence; below it how many pixels each bin holds.
 *
 * @param {TruthScores} scores
 * @param {string} title the model's
 */
export function reliabilityChart(scores, title) {
  const rows = scores.reliability;
  const most = Math.max(1, ...rows.map((row) => row.pixels));
  const extra = 52;
  const span = (row) => `${fixed(row.from, 2)} to ${fixed(row.to, 2)}`;
  const words = rows
    .filter((row) => row.pixels)
    .map((row) => `${span(row)}, ${thousands(row.pixels)} pixels, accuracy ${fixed(row.accuracy, 2)}`);
  const node = chartFrame(`Reliability of ${title}: ${words.join("; ")}`, "confidence", "accuracy", 1, extra);
  const base = CHART.top + CHART.height + extra;
  const room = extra - 10;
  for (const row of rows) {
    const x = chartX(row.from) + 1;
    const width = chartX(row.to) - chartX(row.from) - 2;
    const words =
      `Confidence ${span(row)}: ${thousands(row.pixels)} pixels` +
      (row.pixels ? `, mean confidence ${fixed(row.confidence, 3)}, accuracy ${fixed(row.accuracy, 3)}` : "");
    const group = svgTitled(makeSvg("g"), words);
    if (row.pixels) {
      const [low, high] = [Math.min(row.accuracy, row.confidence), Math.max(row.accuracy, row.confidence)];
      group.append(
        makeSvg("rect", { x, width, y: chartY(row.accuracy), height: chartY(0) - chartY(row.accuracy), class: "bar" }),
      );
      group.append(
        makeSvg("rect", {
          x,
          width,
          y: chartY(high),
          height: Math.max(0.5, chartY(low) - chartY(high)),
          class: row.confidence > row.accuracy ? "gap over" : "gap under",
        }),
      );
      const height = Math.max(1, (row.pixels / most) * room);
      group.append(makeSvg("rect", { x, width, y: base - height, height, class: "count" }));
    }
    node.append(group);
  }
  const key = (look, words, x) => [
    makeSvg("rect", { x, y: 6, width: 10, height: 10, class: look }),
    svgText(x + 15, 15, words, "start"),
  ];
  node.append(...key("bar", "accuracy", chartX(0)), ...key("gap over", "surer", chartX(0) + 72));
  node.append(...key("gap under", "less sure than right", chartX(0) + 124));
  node.append(makeSvg("line", { x1: chartX(0), y1: chartY(0), x2: chartX(1), y2: chartY(1), class: "even" }));
  node.append(
    makeSvg("line", { x1: chartX(0), x2: chartX(1), y1: base, y2: base, class: "axis" }),
    svgText(CHART.left - 6, base - room + 8, shortCount(most), "end"),
    svgText(CHART.left - 6, base, "0", "end"),
  );
  return node;
}

/**
 * Which share of the pixels kept is wrong, when the surest are kept, by each measure of doubt.
 *
 * @param {TruthScores} scores
 * @param {string} title the model's
 */
export function riskChart(scores, title) {
  const curves = Object.entries(scores.risk_coverage);
  const worst = Math.max(0.01, ...curves.flatMap(([, curve]) => curve.risk));
  const top = [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1].find((t) => t >= worst) ?? 1;
  const at = (risk, place) => (risk.length ? fixed(risk.at(place), 3) : "-");
  const words = curves.map(
    ([name, { risk }]) => `by ${called(name)} ${at(risk, -1)} at full coverage, ${at(risk, 50)} at half`,
  );
  const node = chartFrame(
    `Risk of ${title} against coverage: ${words.join("; ")}`,
    "coverage: share of pixels kept, the surest first",
    "risk: share of them wrong",
    top,
  );
  curves.forEach(([name, { coverage, risk }]) => {
    const points = coverage.map((c, i) => `${fixed(chartX(c), 1)},${fixed(chartY(risk[i], top), 1)}`).join(" ");
    node.append(svgTitled(makeSvg("polyline", { points, class: `curve ${name}` }), `By ${called(name)}`));
  });
  curves.forEach(([name], i) => {
    const x = chartX(0) + [0, 88, 186][i % 3];
    const y = curves.length > 3 ? 4 + 13 * Math.floor(i / 3) : 11;
    node.append(
      makeSvg("line", { x1: x, x2: x + 22, y1: y, y2: y, class: `curve ${name}` }),
      svgText(x + 27, y + 4, called(name), "start"),
    );
  });
  return node;
}
