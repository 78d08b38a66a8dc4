// The tab itself: the truth beside its picture, one table of all models, error maps, and the details of each model.
const truthTab = {}; // its parts, once there is a place for them
const TRUTH_MODES = { files: "Drop a mask", paint: "Paint regions" };
const TRUTH_BANDS = { all: "All pixels", boundary: "Boundary band", interior: "Without the band" };
const TRUTH_COLUMNS = [ // id, short title, how it is written
  ["pixel_accuracy", "Pixel accuracy", "share"], ["miou_annotated", "mIoU, annotated", "share"], ["miou", "mIoU, named too", "share"],
  ["boundary_iou", "Boundary IoU", "share"], ["ece", "ECE", "number"], ["brier", "Brier", "number"], ["nll", "NLL (nats)", "nats"],
  ["entropy_auroc", "AUROC, entropy", "number"], ["entropy_aurc", "AURC, entropy", "number"],
];
const FOREIGN_COLUMN = ["entropy_auroc", "AUROC, no class", "number", "foreign"];
const WRITTEN = { share: (v) => `${(100 * v).toFixed(1)} %`, number: (v) => v.toFixed(3), nats: (v) => v.toFixed(2) };

class TruthSurface extends Surface { // the photo under its truth; in paint mode its clicks set corners
  constructor(sources, label) {
    super(sources, label);
    let pin = null;
    this.box.addEventListener("pointerdown", () => { pin = state.pin; }, true);
    this.box.addEventListener("pointerup", (event) => {
      const point = this.point(event);
      if (judged.mode !== "paint" || !point || state.pin === pin) return; // a drag sets no corner
      clearTimeout(asked);
      set({ pin }, "glass", "link");
      addCorner(...cornerAt(point));
    });
    this.box.addEventListener("dblclick", (event) => { if (judged.mode === "paint") { event.stopImmediatePropagation(); closeRegion(); } }, true);
    this.box.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (judged.mode !== "paint" || event.ctrlKey || event.metaKey || event.altKey) return;
    const point = state.pin ?? { x: run.width >> 1, y: run.height >> 1 };
    if (event.key === "Enter" && event.shiftKey) closeRegion();
    else if (event.key === "Enter") addCorner(...cornerAt(point));
    else if (event.key === "Backspace") undoCorner();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  mark() {
    super.mark();
    if (!this.visible || judged.mode !== "paint") return;
    judged.regions.forEach((region) => this.polygon(region.corners, true));
    this.polygon(judged.open, false);
  }

  polygon(corners, closed) {
    if (!corners.length) return;
    const context = this.glass.getContext("2d"), ratio = this.glass.width / this.box.clientWidth, { scale, left, top } = this.frame;
    const place = ([x, y]) => [left + x * run.width / run.photoWidth * scale, top + y * run.height / run.photoHeight * scale];
    for (const [colour, thickness] of [["rgba(8,12,16,.75)", 4], ["#fff", 2]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: thickness * ratio, lineJoin: "round" });
      context.beginPath();
      corners.forEach((corner, i) => context[i ? "lineTo" : "moveTo"](...place(corner)));
      if (closed) context.closePath();
      context.stroke();
    }
    if (!closed) corners.forEach((corner, i) => {
      const [x, y] = place(corner);
      context.beginPath();
      context.arc(x, y, (i ? 4 : 6) * ratio, 0, 7);
      context.fillStyle = i ? "#fff" : "#0f766e";
      context.fill();
      context.stroke();
    });
  }
}

function paintTruth() {
  if (!judged.painting) return;
  const table = Uint32Array.from(classTable());
  for (let i = NAMES.length; i < 256; i++) table[i] = 0;
  table[TRUTH_FOREIGN] = rgba(...hex(TRUTH_COLOURS.foreign));
  judged.painting.repaint(table);
  ask("draw");
}

function paintErrors(row) { // 0 right, 1 + percent of confidence where wrong
  const table = new Uint32Array(256);
  table[0] = rgba(...hex(TRUTH_COLOURS.right));
  for (let level = 0; level <= 100; level++) table[1 + level] = rgba(...hex(level >= judged.sure ? TRUTH_COLOURS.sure : TRUTH_COLOURS.unsure));
  table[TRUTH_FOREIGN] = rgba(...hex(TRUTH_COLOURS.foreign));
  row.painting?.repaint(table);
  ask("draw");
}

function makeTruth() {
  const t = truthTab;
  t.mode = choice("zoo-truth-mode", "How the truth is given", TRUTH_MODES, judged.mode, (mode) => { judged.mode = mode; judged.message = ""; fillTruth(); ask("glass"); });
  t.files = makeDrop();
  t.paint = makePaint();
  t.message = make("p", { class: "zoo-truth-message", role: "alert" });
  t.busy = make("p", { class: "zoo-quiet", role: "status" });
  t.surface = new TruthSurface(() => [judged.painting ? { base: run.grey, map: judged.painting.canvas, opacity: 0.72 } : { base: run.photo }], "The photo and its truth");
  t.facts = make("div", { class: "zoo-truth-facts" });
  t.band = choice("zoo-truth-band", "Which pixels count", TRUTH_BANDS, judged.band, (band) => { judged.band = band; judgeAll(); fillTruth(); });
  t.band.title = "The band: pixels within 0.75 % of the diagonal of an outline of the truth, where annotators differ too";
  t.sure = make("input", { type: "range", min: 5, max: 99, step: 1, value: judged.sure, "aria-label": "Confidence from which a mistake counts as sure", oninput: () => { judged.sure = Number(t.sure.value); judged.rows.forEach(paintErrors); fillErrors(); } });
  t.sureText = make("output", {});
  t.table = make("div", {});
  t.errors = make("div", { class: "zoo-truth-errors" });
  t.errorLegend = make("div", { class: "zoo-truth-legend" });
  t.details = make("div", { class: "zoo-truth-details" });
  t.how = make("details", { class: "zoo-fold" }, make("summary", {}, "How each number is computed"), make("div", {}));
  t.results = make("div", { class: "zoo-truth-results" },
    make("div", { class: "zoo-row" }, make("h3", {}, "Against the truth"), t.band),
    t.table,
    make("div", { class: "zoo-row" }, make("h3", {}, "Where each is right, and how sure of its mistakes"), make("label", { class: "zoo-strength" }, make("span", {}, "Sure from"), t.sure, t.sureText)),
    t.errorLegend, t.errors, make("h3", {}, "Each network in detail"), t.details, t.how);
  t.all = make("div", { class: "zoo-truth-all" },
    make("div", { class: "zoo-truth-top" },
      make("section", { "aria-label": "The truth" }, t.mode, t.files, t.paint, t.message, t.busy, t.why = makeWhy(), t.facts),
      make("section", { "aria-label": "The photo and its truth" }, t.surface.box)),
    t.results);
}

function makeDrop() {
  const input = make("input", { type: "file", multiple: true, accept: ".png,.json", onchange: () => { takeFiles([...input.files]); input.value = ""; } });
  const zone = make("label", { class: "zoo-truth-drop", "data-own-drop": true }, input,
    make("strong", {}, "Drop the truth of this photo here, or choose files"),
    make("span", {}, "ADE20K: its annotation PNG (0 = not labelled, 1 to 150 = class)."),
    make("span", {}, "COCO panoptic: its PNG together with its JSON."));
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); zone.classList.remove("over"); takeFiles(event.dataTransfer.files); });
  return make("div", {}, zone);
}

function makeWhy() { // before there is a truth: what it is good for
  const rows = [["How right", "pixel accuracy, IoU of each class, boundary IoU, and what was mistaken for what."], ["How honest", "whether a confidence of 0.8 is right 8 times in 10: reliability, ECE, Brier, NLL."],
    ["Who knew", "whether doubt finds the errors, and an error map: right, wrong and unsure, wrong and sure."]];
  return make("div", {}, make("p", {}, "Agreement is not truth: five networks can share a mistake. A truth tells of every network:"), make("dl", { class: "zoo-truth-why" }, ...rows.flatMap(([term, text]) => [make("dt", {}, term), make("dd", {}, text)])),
    make("p", { class: "zoo-quiet" }, "No mask at hand? Paint a region and name its class."));
}

function makePaint() {
  const t = truthTab, button = (text, act, title) => make("button", { type: "button", class: "zoo-button", title, onclick: act }, text);
  t.name = make("input", { type: "text", class: "zoo-input", list: "zoo-truth-names", placeholder: "such as sky, animal, wall", autocomplete: "off", onkeydown: (event) => { if (event.key === "Enter" && judged.open.length) closeRegion(); } });
  t.typed = make("input", { type: "text", class: "zoo-input", placeholder: "10,20 200,20 200,150", autocomplete: "off", onkeydown: (event) => { if (event.key === "Enter") addTyped(); } });
  const addTyped = () => { if (typeCorners(t.typed.value)) t.typed.value = ""; };
  t.undo = button("Undo", undoCorner, "Take the last corner back (Backspace on the picture)");
  t.clear = button("Clear", clearRegions, "Remove all regions");
  t.close = button("Close region", closeRegion, "Join the last corner to the first (double click, or Shift + Enter on the picture)");
  t.list = make("ul", { class: "zoo-truth-regions", "aria-label": "Painted regions" });
  return make("div", { class: "zoo-truth-paint" },
    make("p", { class: "zoo-quiet" }, "Click the corners of something on the photo; a double click closes the region. By keyboard: move the crosshair on the picture with the arrow keys, Enter sets a corner, Shift + Enter closes."),
    make("label", {}, make("span", {}, "Class"), t.name, make("datalist", { id: "zoo-truth-names" }, ...[...NAMES].sort().map((name) => make("option", { value: name })))),
    make("label", {}, make("span", {}, "Corners, typed"), t.typed, button("Add", addTyped)),
    t.extent = make("p", { class: "zoo-quiet" }),
    make("div", { class: "zoo-row" }, t.close, t.undo, t.clear), t.list);
}

function fillTruth() {
  const t = truthTab;
  if (!t.all) return;
  t.mode.pick(judged.mode);
  t.files.hidden = judged.mode !== "files";
  t.paint.hidden = judged.mode !== "paint";
  t.close.disabled = judged.open.length < 3;
  t.undo.disabled = t.clear.disabled = !judged.open.length && !judged.regions.length;
  t.list.replaceChildren(...judged.regions.map((region) => make("li", { class: "zoo-code" }, make("i", { style: `background:var(--class-${NAMES.indexOf(region.name)})` }), make("span", {}, `${region.name}, ${region.corners.length} corners`))),
    judged.open.length ? make("li", { class: "zoo-quiet" }, `open: ${judged.open.map(([x, y]) => `${x},${y}`).join(" ")}`) : "");
  t.message.textContent = judged.message;
  t.message.hidden = !judged.message;
  t.busy.textContent = judged.busy;
  t.busy.hidden = !judged.busy;
  t.why.hidden = Boolean(judged.truth) || judged.mode === "paint" || Boolean(judged.message);
  t.extent.textContent = `Corners are in the photo's pixels: x 0 to ${run.photoWidth}, y 0 to ${run.photoHeight}.`;
  t.all.style.setProperty("--picture", run.width / Math.max(1, run.height));
  t.surface.box.classList.toggle("painting", judged.mode === "paint");
  fillTruthFacts();
  t.results.hidden = !truthRows().length;
  if (!t.results.hidden) fillResults();
  element.dataset.judged = judged.busy ? "" : `${truthRows().filter(({ row }) => row.key === truthKey()).length}`;
  ask("draw", "glass");
}

function fillTruthFacts() {
  const { truth } = judged, t = truthTab;
  t.facts.hidden = !truth;
  if (!truth || t.facts.about === truth) return;
  t.facts.about = truth;
  const all = truth.width * truth.height, rows = truth.classes.slice(0, 10), from = judged.source.files ? judged.files.map((file) => file.name).join(" + ") : "";
  t.facts.replaceChildren(
    make("p", {}, make("b", {}, truth.kind), from ? ` ${from}` : ""),
    make("p", { class: "zoo-quiet" }, `${inThousands(truth.labelled)} of ${inThousands(all)} pixels labelled (${percent(truth.labelled / all)}), counted on ${truth.width} × ${truth.height}` + (truth.unknown === null ? "." : `; ${inThousands(truth.unknown)} of things that no ADE20K class names.`)),
    make("ul", {}, ...rows.map((row) => make("li", { class: "zoo-code" }, make("i", { style: `background:var(--class-${row.index})` }), make("span", {}, NAMES[row.index]), make("b", {}, percent(row.pixels / all)))),
      truth.unknown ? make("li", { class: "zoo-code" }, make("i", { style: `background:${TRUTH_COLOURS.foreign}` }), make("span", {}, "no ADE20K class"), make("b", {}, percent(truth.unknown / all))) : "",
      truth.classes.length > rows.length ? make("li", { class: "zoo-quiet" }, `and ${truth.classes.length - rows.length} smaller`) : ""));
}

// Results. A number that is not there yet says so; one that cannot be says why.
const truthNumber = (row, id, where) => {
  const found = row.report && (where === "foreign" ? row.report.unknown?.numbers : (row.proper ?? []).concat(row.report.numbers))?.find((number) => number.id === id);
  return found ?? null;
};
const truthPending = (row, id) => (id === "brier" || id === "nll") && !row.proper;
const truthExplain = (number) => `${number.title}: ${number.value === null ? "not defined here" : number.value.toPrecision(4)} (${number.unit})\n${number.formula}\ncounted over ${inThousands(number.pixels)} pixels; ${number.better} is better`;

function fillResults() {
  const rows = truthRows(), t = truthTab, any = rows.find(({ row }) => row.report)?.row;
  t.band.pick(judged.band);
  t.results.classList.toggle("stale", rows.some(({ row }) => row.key !== truthKey()));
  t.table.replaceChildren(summaryTable(rows), make("p", { class: "zoo-quiet" }, `${countedWords(any)} Best values are marked. Point at a number for its formula and its pixels. One photo is a demonstration, not a benchmark.`));
  fillErrors();
  fillDetails(rows);
  if (any && !t.how.lastChild.childElementCount) t.how.lastChild.replaceChildren(formulaTable(any));
}

function countedWords(row) {
  if (!row) return "";
  const { labelled, photo, unknown } = row.report.pixels, share = percent(labelled / photo);
  return `Counted over ${inThousands(labelled)} of ${inThousands(photo)} pixels (${share})${unknown ? `; ${inThousands(unknown)} more show things that no ADE20K class names` : ""}.` + (labelled < photo / 2 ? " What a network names elsewhere is not held against it." : "");
}

function summaryTable(rows) {
  const foreign = rows.some(({ row }) => row.report?.unknown?.pixels), columns = foreign ? [...TRUTH_COLUMNS, FOREIGN_COLUMN] : TRUTH_COLUMNS;
  const best = columns.map(([id, , , where]) => {
    const numbers = rows.map(({ row }) => truthNumber(row, id, where)).filter((number) => number && number.value !== null);
    const values = numbers.map((number) => number.value);
    return values.length < 2 ? null : numbers[0].better === "higher" ? Math.max(...values) : Math.min(...values);
  });
  const head = columns.map(([id, title, , where]) => {
    const number = rows.map(({ row }) => truthNumber(row, id, where)).find(Boolean);
    return make("th", { scope: "col", title: number ? `${number.formula}; ${number.unit}, ${number.better} is better` : "" }, title, make("small", { "aria-label": `${number?.better ?? ""} is better` }, number?.better === "lower" ? "↓" : "↑"));
  });
  const body = rows.map(({ panel, row }) => make("tr", { "data-model": panel.id }, make("th", { scope: "row" }, panel.title),
    ...(row.message ? [make("td", { colspan: columns.length, class: "words" }, row.message)] : columns.map(([id, , kind, where], i) => truthCell(row, id, kind, where, best[i])))));
  return make("div", { class: "zoo-scroll", tabindex: "0", role: "region", "aria-label": "Numbers of all networks" }, make("table", { class: "zoo-table zoo-truth-table" }, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Model"), ...head)), make("tbody", {}, ...body)));
}

function truthCell(row, id, kind, where, best) {
  const number = truthNumber(row, id, where);
  if (truthPending(row, id)) return make("td", { class: "zoo-quiet", title: "Adding up all 150 probabilities of every pixel ..." }, "…");
  if (!number || number.value === null) return make("td", { class: "zoo-quiet", "data-number": id, title: number ? `${truthExplain(number)}\nThere is nothing to find, or nothing to tell it from.` : "" }, "–");
  const top = number.value === best;
  return make("td", { "data-number": where ? `${where}_${id}` : id, "data-value": number.value, title: truthExplain(number), class: top ? "best" : "" }, make("span", {}, WRITTEN[kind](number.value)), top ? make("span", { class: "zoo-live" }, " (best)") : "");
}

function sureShares(row) { // of the pixels that are right or wrong
  const wrong = row.wrong.reduce((sum, n) => sum + n, 0), sure = row.wrong.slice(judged.sure).reduce((sum, n) => sum + n, 0), all = Math.max(1, row.right + wrong);
  return { right: row.right / all, unsure: (wrong - sure) / all, sure: sure / all };
}

function fillErrors() {
  const t = truthTab, rows = truthRows().filter(({ row }) => row.painting);
  t.sure.value = judged.sure;
  t.sureText.textContent = (judged.sure / 100).toFixed(2);
  const swatch = (colour, label) => make("span", { class: "zoo-truth-key" }, make("i", { class: colour ? "" : "photo", style: colour ? `background:${colour}` : "" }), label);
  const foreign = rows.some(({ row }) => row.report.unknown?.pixels);
  t.errorLegend.replaceChildren(swatch(TRUTH_COLOURS.right, "right"), swatch(TRUTH_COLOURS.unsure, "wrong and unsure"), swatch(TRUTH_COLOURS.sure, "wrong and sure"),
    foreign ? swatch(TRUTH_COLOURS.foreign, "no ADE20K class") : "", swatch("", judged.band === "all" ? "no label" : "no label, or not counted"));
  for (const card of [...t.errors.children]) if (!rows.some(({ panel }) => panel.id === card.dataset.errors)) { card.surface.drop(); card.remove(); }
  for (const { panel, row } of rows) {
    const card = [...t.errors.children].find((node) => node.dataset.errors === panel.id) ?? makeErrorCard(panel);
    const { right, unsure, sure } = sureShares(row);
    card.row = row;
    card.words.replaceChildren(...[[right, "right", "right"], [unsure, "wrong, unsure", "unsure"], [sure, "wrong, sure", "sure"]].map(([share, word, kind]) => make("span", { "data-share": kind }, make("i", { style: `background:${TRUTH_COLOURS[kind]}` }), make("b", {}, percent(share)), ` ${word}`)));
    card.surface.box.setAttribute("aria-label", `Errors of ${panel.title}: right ${percent(right)}, wrong and unsure ${percent(unsure)}, wrong and sure ${percent(sure)}`);
    t.errors.append(card);
  }
  ask("draw", "glass");
}

function makeErrorCard(panel) {
  const card = make("section", { class: "zoo-card", "data-errors": panel.id });
  card.surface = new Surface(() => [{ base: run.grey, map: card.row?.painting?.canvas, opacity: 0.8 }], `Errors of ${panel.title}`);
  card.words = make("p", { class: "zoo-truth-shares" });
  card.append(make("header", { class: "zoo-head" }, make("h4", {}, panel.title)), card.surface.box, card.words);
  return card;
}

function fillDetails(rows) {
  const t = truthTab;
  for (const node of [...t.details.children]) if (!rows.some(({ panel }) => panel.id === node.dataset.details)) node.remove();
  rows.filter(({ row }) => row.report).forEach(({ panel, row }, i) => {
    let node = [...t.details.children].find((one) => one.dataset.details === panel.id);
    if (!node) {
      node = make("details", { class: "zoo-fold", "data-details": panel.id, ontoggle: () => fillDetail(node) }, make("summary", {}, panel.title), make("div", { class: "zoo-truth-detail" }));
      node.open = i === 0 && !t.details.childElementCount;
    }
    if (t.details.children[i] !== node) t.details.insertBefore(node, t.details.children[i] ?? null);
    node.row = row;
    node.panel = panel;
    fillDetail(node);
  });
}

function fillDetail(node) { // drawn when it is opened
  const { row, panel } = node, about = [row, row.proper];
  if (!node.open || about.every((part, i) => part === node.about?.[i])) return;
  node.about = about;
  const { report } = row, part = (title, note, ...content) => make("section", {}, make("h4", {}, title), make("p", { class: "zoo-quiet" }, note), ...content);
  const foreign = report.unknown?.pixels && [make("h4", {}, "And what no class names?"), make("p", { class: "zoo-quiet" }, `${inThousands(report.unknown.pixels)} such pixels against the labelled ones.`), findingTable(row, "foreign")];
  node.lastChild.replaceChildren(
    part("Reliability", `${truthNumberWords(row, "ece")}, ${truthNumberWords(row, "adaptive_ece")}. Below, the pixels of each bin.`, reliabilityChart(report, panel.title)),
    part("Risk and coverage", `${["entropy", "confidence", "margin"].map((score) => truthNumberWords(row, `${score}_aurc`)).join("; ")}.`, riskChart(report, panel.title)),
    part("Does doubt find the errors?", "Wrong against right pixels, by three scores of doubt.", findingTable(row, "wrong"), ...(foreign || [])),
    part("Classes", "Every class annotated or named on the counted pixels; areas in pixels.", classTableOf(report.classes)),
    part("Top confusions", "What was said instead of the truth.", confusionList(report.confusions)),
    make("section", {}, make("h4", {}, "All numbers"), numberTable(row)),
  );
}

const truthNumberWords = (row, id) => {
  const number = truthNumber(row, id);
  return `${number.title} ${number.value === null ? "not defined" : number.value.toFixed(3)}`;
};
const LEFT = new Set(["How it is computed", "Formula", "Named instead"]);
const truthTableOf = (label, head, rows) => make("div", { class: "zoo-scroll", tabindex: "0", role: "region", "aria-label": label }, make("table", { class: "zoo-table" },
  make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col", class: LEFT.has(text) ? "left" : "" }, text)))), make("tbody", {}, ...rows)));
const truthShareCell = (value) => make("td", {}, value === null ? "–" : WRITTEN.share(value));

function classTableOf(classes) {
  return truthTableOf("Classes", ["Class", "IoU", "Accuracy", "Boundary IoU", "Annotated", "Named"], classes.map((row) => make("tr", {},
    make("th", { scope: "row" }, make("i", { style: `background:var(--class-${row.index - 1})` }), ` ${row.name}`), truthShareCell(row.iou), truthShareCell(row.accuracy), truthShareCell(row.boundary_iou),
    make("td", {}, inThousands(row.annotated)), make("td", {}, inThousands(row.predicted)))));
}

function confusionList(confusions) {
  if (!confusions.length) return make("p", {}, "None: every counted pixel is right.");
  return truthTableOf("Top confusions", ["Truth", "Named instead", "Pixels", "Of that class"], confusions.map((pair) => make("tr", {}, make("th", { scope: "row" }, truthSwatch(pair.truth), ` ${pair.truth}`), make("td", { class: "words" }, truthSwatch(pair.predicted), ` ${pair.predicted}`), make("td", {}, inThousands(pair.pixels)), make("td", {}, percent(pair.share)))));
}

const truthSwatch = (name) => make("i", { style: `background:var(--class-${NAMES.indexOf(name)})` });

function findingTable(row, where) {
  const ids = ["auroc", "aupr", "fpr95"], names = { auroc: "AUROC ↑", aupr: "AUPR ↑", fpr95: "FPR95 ↓" };
  return truthTableOf("Scores of doubt", ["Score", ...ids.map((id) => names[id])], ["entropy", "confidence", "margin"].map((score) => make("tr", {}, make("th", { scope: "row" }, score),
    ...ids.map((id) => truthCell(row, `${score}_${id}`, "number", where, null)))));
}

function numberTable(row) {
  const numbers = row.report.numbers.map((number) => row.proper?.find((own) => own.id === number.id) ?? number)
    .concat((row.report.unknown?.pixels ? row.report.unknown.numbers : []).map((number) => ({ ...number, title: `${number.title} (no class)` })));
  return truthTableOf("All numbers", ["Number", "Value", "Unit", "Pixels", "How it is computed"], numbers.map((number) => make("tr", { "data-id": number.id }, make("th", { scope: "row" }, number.title),
    make("td", {}, number.value === null ? (truthPending(row, number.id) ? "…" : "–") : number.value.toPrecision(4)), make("td", {}, number.unit), make("td", {}, inThousands(number.pixels)), make("td", { class: "formula" }, number.formula))));
}

function formulaTable(row) {
  return truthTableOf("Formulas", ["Number", "Unit", "Better", "Formula"], row.report.numbers.map((number) => make("tr", {}, make("th", { scope: "row" }, number.title), make("td", {}, number.unit), make("td", {}, number.better), make("td", { class: "formula" }, number.formula))));
}

// What the other parts do, the tab follows.
const layoutBeforeTruth = parts.layout, paintBeforeTruth = parts.paint;
parts.layout = () => { layoutBeforeTruth(); followTruth(); };
parts.paint = () => { paintBeforeTruth(); paintTruth(); };

hear("truth-here", ({ root }) => {
  if (!truthTab.all) makeTruth();
  root.replaceChildren(truthTab.all);
  fillTruth();
});
emit("truth-wanted");
