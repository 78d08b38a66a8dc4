// Drawings of "Truth": the reliability diagram with its counts, and the risk-coverage curve. Inline SVG in the theme's colours.
function svgNode(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const CHART = { left: 54, right: 10, top: 26, width: 250, height: 170 };
const chartX = (t) => CHART.left + t * CHART.width;
const chartY = (t, top = 1) => CHART.top + (1 - t / top) * CHART.height;
const inThousands = (n) => Math.round(n).toLocaleString("en-US");
const svgText = (x, y, text, anchor = "middle") => svgNode("text", { x, y, "text-anchor": anchor }, text);
const svgTitled = (node, text) => { node.append(svgNode("title", {}, text)); return node; };

function chartFrame(label, across, up, top = 1, extra = 0) {
  const node = svgNode("svg", { viewBox: `0 0 ${CHART.left + CHART.width + CHART.right} ${CHART.top + CHART.height + 40 + extra}`, role: "img", "aria-label": label, class: "zoo-chart" });
  for (let i = 0; i <= 4; i++) {
    const t = i / 4, y = chartY(t);
    node.append(svgNode("line", { x1: chartX(0), x2: chartX(1), y1: y, y2: y, class: "grid" }), svgText(CHART.left - 6, y + 4, (t * top).toFixed(top < 0.2 ? 3 : 2), "end"));
  }
  for (const t of [0, 0.25, 0.5, 0.75, 1]) node.append(svgText(chartX(t), CHART.top + CHART.height + extra + 15, String(t)));
  node.append(svgText(chartX(0.5), CHART.top + CHART.height + extra + 32, across));
  node.append(svgNode("text", { transform: `translate(10 ${chartY(0.5)}) rotate(-90)`, "text-anchor": "middle" }, up));
  return node;
}

function reliabilityChart(report, title) { // accuracy against confidence; below it how many pixels each bin holds
  const rows = report.reliability, most = Math.max(1, ...rows.map((row) => row.pixels)), extra = 52;
  const node = chartFrame(`Reliability of ${title}: ${rows.filter((row) => row.pixels).map((row) => `${row.from.toFixed(2)} to ${row.to.toFixed(2)}, ${inThousands(row.pixels)} pixels, accuracy ${row.accuracy.toFixed(2)}`).join("; ")}`, "confidence", "accuracy", 1, extra);
  const base = CHART.top + CHART.height + extra, room = extra - 10;
  for (const row of rows) {
    const x = chartX(row.from) + 1, width = chartX(row.to) - chartX(row.from) - 2;
    const words = `Confidence ${row.from.toFixed(2)} to ${row.to.toFixed(2)}: ${inThousands(row.pixels)} pixels` + (row.pixels ? `, mean confidence ${row.confidence.toFixed(3)}, accuracy ${row.accuracy.toFixed(3)}` : "");
    const group = svgTitled(svgNode("g"), words);
    if (row.pixels) {
      const [low, high] = [Math.min(row.accuracy, row.confidence), Math.max(row.accuracy, row.confidence)];
      group.append(svgNode("rect", { x, width, y: chartY(row.accuracy), height: chartY(0) - chartY(row.accuracy), class: "bar" }));
      group.append(svgNode("rect", { x, width, y: chartY(high), height: Math.max(0.5, chartY(low) - chartY(high)), class: row.confidence > row.accuracy ? "gap over" : "gap under" }));
      const height = Math.max(1, row.pixels / most * room);
      group.append(svgNode("rect", { x, width, y: base - height, height, class: "count" }));
    }
    node.append(group);
  }
  [["bar", "accuracy", 0], ["gap over", "surer", 72], ["gap under", "less sure than right", 124]].forEach(([look, words, x]) =>
    node.append(svgNode("rect", { x: chartX(0) + x, y: 6, width: 10, height: 10, class: look }), svgText(chartX(0) + x + 15, 15, words, "start")));
  node.append(svgNode("line", { x1: chartX(0), y1: chartY(0), x2: chartX(1), y2: chartY(1), class: "even" }));
  node.append(svgNode("line", { x1: chartX(0), x2: chartX(1), y1: base, y2: base, class: "axis" }), svgText(CHART.left - 6, base - room + 8, shortCount(most), "end"), svgText(CHART.left - 6, base, "0", "end"));
  return node;
}

const shortCount = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n >= 1e3 ? `${Math.round(n / 1e3)} k` : String(n));

function riskChart(report, title) {
  const curves = Object.entries(report.risk_coverage), worst = Math.max(0.01, ...curves.flatMap(([, curve]) => curve.risk));
  const top = [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1].find((t) => t >= worst) ?? 1;
  const node = chartFrame(`Risk of ${title} against coverage: ${curves.map(([name, curve]) => `by ${name} ${curve.risk.length ? curve.risk.at(-1).toFixed(3) : "-"} at full coverage, ${curve.risk.length ? curve.risk[50].toFixed(3) : "-"} at half`).join("; ")}`, "coverage: share of pixels kept, the surest first", "risk: share of them wrong", top);
  curves.forEach(([name, { coverage, risk }]) => {
    const points = coverage.map((c, i) => `${chartX(c).toFixed(1)},${chartY(risk[i], top).toFixed(1)}`).join(" ");
    node.append(svgTitled(svgNode("polyline", { points, class: `curve ${name}` }), `By ${name}`));
  });
  curves.forEach(([name], i) => {
    const x = chartX(0) + [0, 78, 172][i];
    node.append(svgNode("line", { x1: x, x2: x + 22, y1: 11, y2: 11, class: `curve ${name}` }), svgText(x + 27, 15, name, "start"));
  });
  return node;
}
