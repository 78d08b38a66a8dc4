// @ts-check
// The tab "Truth": the truth beside its picture, and below it what is found by it.

import { classOf, classSet, nameOf, namesOf } from "../../draw/classes.js";
import { make, radioBar, swatch } from "../../elements.js";
import { page } from "../../page.js";
import { finished, run } from "../../run.js";
import { redraw } from "../../state.js";
import { makeConsistency } from "./consistency.js";
import { clearRegions, closeRegion, typeCorners, undoCorner } from "./corners.js";
import { takeFiles } from "./files.js";
import { foreignSwatch, paintErrors, paintTruth } from "./paint.js";
import { TruthSurface } from "./picture.js";
import { followTruth, giveTruth, judgeAll } from "./questions.js";
import { fillErrors, fillResults, saveButton } from "./results.js";
import { isOfExample, judged, judgedRows, keyNow, NONE, parts, truthNow } from "./state.js";
import { makeVocabulary } from "./vocabulary.js";
import { percent, thousands } from "../../wording.js";

const MODES = { files: "Drop a mask", paint: "Paint regions" };

const BANDS = { all: "All pixels", boundary: "Boundary band", interior: "Without the band" };

function makeParts() {
  const t = parts;
  t.mode = radioBar("zoo-truth-mode", "How the truth is given", MODES, judged.mode, (mode) => {
    judged.mode = mode;
    judged.message = "";
    fillTruth();
    redraw("glass");
  });
  t.set = makeSetChoice();
  t.files = makeDrop();
  t.paint = makePaint();
  t.message = make("p", { class: "zoo-truth-message", role: "alert" });
  t.busy = make("p", { class: "zoo-quiet", role: "status" });
  t.surface = new TruthSurface(
    () => [judged.painting ? { base: run.grey, map: judged.painting, opacity: 0.72 } : { base: run.photo }],
    "The photo and its truth",
  );
  t.facts = make("div", { class: "zoo-truth-facts" });
  t.band = radioBar("zoo-truth-band", "Which pixels count", BANDS, judged.band, (band) => {
    judged.band = band;
    judgeAll();
    fillTruth();
  });
  t.band.title =
    "The band: pixels within 0.75 % of the diagonal of an outline of the truth, where annotators differ too";
  t.sure = make("input", {
    type: "range",
    min: 5,
    max: 99,
    step: 1,
    value: judged.sure,
    "aria-label": "Confidence from which a mistake counts as sure",
    oninput: () => {
      judged.sure = Number(t.sure.value);
      judged.rows.forEach(paintErrors);
      fillErrors();
    },
  });
  t.sureText = make("output", {});
  t.table = make("div", {});
  t.errors = make("div", { class: "zoo-truth-errors" });
  t.errorLegend = make("div", { class: "zoo-truth-legend" });
  t.details = make("div", { class: "zoo-truth-details" });
  t.how = make("details", { class: "zoo-fold" }, make("summary", {}, "How each number is computed"), make("div", {}));
  t.results = make(
    "div",
    { class: "zoo-truth-results" },
    make("div", { class: "zoo-row" }, make("h3", {}, "Against the truth"), t.band),
    t.table,
    make(
      "div",
      { class: "zoo-row zoo-truth-away" },
      make("span", { class: "zoo-quiet" }, "Take away:"),
      saveButton("truth/table.csv", "CSV", "the table, none of its numbers rounded"),
      saveButton("truth/numbers.json", "JSON", "all numbers, classes, confusions and curves"),
      make("span", { class: "zoo-quiet" }, "They are in the download as well, with every map and chart."),
    ),
    make(
      "div",
      { class: "zoo-row" },
      make("h3", {}, "Where each is right, and how sure of its mistakes"),
      make("label", { class: "zoo-strength" }, make("span", {}, "Sure from"), t.sure, t.sureText),
    ),
    t.errorLegend,
    t.errors,
    makeVocabulary(),
    makeConsistency(),
    make("h3", {}, "Each network in detail"),
    t.details,
    t.how,
  );
  t.all = make(
    "div",
    { class: "zoo-truth-all" },
    make(
      "div",
      { class: "zoo-truth-top" },
      make(
        "section",
        { "aria-label": "The truth" },
        t.mode,
        t.set,
        t.files,
        t.paint,
        t.message,
        t.busy,
        (t.why = makeWhy()),
        t.facts,
        (t.annotation = saveButton(
          "truth/annotation.png",
          "Annotation PNG",
          "this truth in the numbers of its class set, at the photo's size",
        )),
      ),
      make("section", { "aria-label": "The photo and its truth" }, t.surface.box),
    ),
    t.results,
  );
}

/** In whose terms the truth is given, where the answers are in those of several class sets. */
function makeSetChoice() {
  const choice = make("select", {
    class: "zoo-select",
    onchange: () => {
      judged.set = choice.value;
      if (judged.source) giveTruth(judged.source);
      else fillTruth();
    },
  });
  const label = make("label", { class: "zoo-truth-set", hidden: true }, make("span", {}, "In the classes of "), choice);
  return Object.assign(label, { choice });
}

function fillSetChoice() {
  const keys = [...new Set(finished().map((panel) => panel.class_set))];
  const { set, names } = parts;
  set.hidden = keys.length < 2;
  if (!keys.includes(judged.set)) judged.set = keys[0] ?? "";
  if (set.about === `${keys} ${judged.set}`) return;
  set.about = `${keys} ${judged.set}`;
  set.choice.replaceChildren(...keys.map((key) => new Option(classSet(key).title, key)));
  set.choice.value = judged.set;
  names.replaceChildren(...[NONE, ...namesOf(judged.set).sort()].map((name) => make("option", { value: name })));
}

function makeDrop() {
  const input = make("input", {
    type: "file",
    multiple: true,
    accept: ".png,.json",
    onchange: () => {
      takeFiles([...input.files]);
      input.value = "";
    },
  });
  const zone = make(
    "label",
    { class: "zoo-truth-drop", "data-own-drop": true },
    input,
    make("strong", {}, "Drop the truth of this photo here, or choose files"),
    make("span", {}, "Annotation: a PNG of class numbers (ADE20K: 0 = not labelled, then the classes from 1)."),
    make("span", {}, "COCO panoptic: its PNG together with its JSON; what no class names is judged apart."),
  );
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    takeFiles(event.dataTransfer.files);
  });
  return make("div", {}, zone);
}

/** Before there is a truth: what it is good for. */
function makeWhy() {
  const rows = [
    ["How right", "pixel accuracy, IoU of each class, boundary IoU, and what was mistaken for what."],
    ["How honest", "whether a confidence of 0.8 is right 8 times in 10: reliability, ECE, Brier, NLL."],
    ["Who knew", "whether doubt finds the errors, and an error map: right, wrong and unsure, wrong and sure."],
    ["No word for it", "whether doubt finds what no class names, and what the networks call it."],
    ["Which mistakes", "how far apart the confused classes are, and whether the networks err together."],
  ];
  return make(
    "div",
    {},
    make("p", {}, "Agreement is not truth: five networks can share a mistake. A truth tells of every network:"),
    make(
      "dl",
      { class: "zoo-truth-why" },
      ...rows.flatMap(([term, text]) => [make("dt", {}, term), make("dd", {}, text)]),
    ),
    make("p", { class: "zoo-quiet" }, "No mask at hand? Paint a region and name its class."),
  );
}

function makePaint() {
  const t = parts;
  const button = (text, act, title) =>
    make("button", { type: "button", class: "zoo-button", title, onclick: act }, text);
  t.name = make("input", {
    type: "text",
    class: "zoo-input",
    list: "zoo-truth-names",
    placeholder: "such as sky, animal, wall",
    autocomplete: "off",
    onkeydown: (event) => {
      if (event.key === "Enter" && judged.open.length) closeRegion();
    },
  });
  t.typed = make("input", {
    type: "text",
    class: "zoo-input",
    placeholder: "10,20 200,20 200,140",
    autocomplete: "off",
    onkeydown: (event) => {
      if (event.key === "Enter") addTyped();
    },
  });
  const addTyped = () => {
    if (typeCorners(t.typed.value)) t.typed.value = "";
  };
  t.undo = button("Undo", undoCorner, "Take the last corner back (Backspace on the picture)");
  t.clear = button("Clear", clearRegions, "Remove all regions");
  t.close = button(
    "Close region",
    closeRegion,
    "Join the last corner to the first (double click, or Shift + Enter on the picture)",
  );
  t.list = make("ul", { class: "zoo-truth-regions", "aria-label": "Painted regions" });
  return make(
    "div",
    { class: "zoo-truth-paint" },
    make(
      "p",
      { class: "zoo-quiet" },
      "Click the corners of something on the photo; a double click closes the region. By keyboard: move the " +
        "crosshair on the picture with the arrow keys, Enter sets a corner, Shift + Enter closes. What no class " +
        `names is called “${NONE}”: then you see whether the networks doubt there, and what they call it.`,
    ),
    make("label", {}, make("span", {}, "Class"), t.name, (t.names = make("datalist", { id: "zoo-truth-names" }))),
    make("label", {}, make("span", {}, "Corners, typed"), t.typed, button("Add", addTyped)),
    (t.extent = make("p", { class: "zoo-quiet" })),
    make("div", { class: "zoo-row" }, t.close, t.undo, t.clear),
    t.list,
  );
}

function fillTruth() {
  const t = parts;
  if (!t.all) return;
  t.mode.pick(judged.mode);
  fillSetChoice();
  t.files.hidden = judged.mode !== "files";
  t.paint.hidden = judged.mode !== "paint";
  t.close.disabled = judged.open.length < 3;
  t.undo.disabled = t.clear.disabled = !judged.open.length && !judged.regions.length;
  t.list.replaceChildren(
    ...judged.regions.map((region) =>
      make(
        "li",
        { class: "zoo-code" },
        region.name === NONE ? foreignSwatch() : swatch(page.names.indexOf(region.name)),
        make("span", {}, `${region.name}, ${region.corners.length} corners`),
      ),
    ),
    judged.open.length
      ? make("li", { class: "zoo-quiet" }, `open: ${judged.open.map(([x, y]) => `${x},${y}`).join(" ")}`)
      : "",
  );
  t.message.textContent = judged.message;
  t.message.hidden = !judged.message;
  t.busy.textContent = judged.busy;
  t.busy.hidden = !judged.busy;
  t.why.hidden = Boolean(judged.truth) || judged.mode === "paint" || Boolean(judged.message);
  t.extent.textContent = `Corners are in the photo's pixels: x 0 to ${run.photoWidth}, y 0 to ${run.photoHeight}.`;
  t.all.style.setProperty("--picture", run.width / Math.max(1, run.height));
  t.surface.box.classList.toggle("painting", judged.mode === "paint");
  fillTruthFacts();
  t.results.hidden = !judgedRows().length;
  if (!t.results.hidden) fillResults();
  page.element.dataset.judged = judged.busy ? "" : `${judgedRows().filter(({ row }) => row.key === keyNow()).length}`;
  redraw("draw", "glass");
}

function fillTruthFacts() {
  const { truth } = judged;
  const t = parts;
  t.facts.hidden = t.annotation.hidden = !truth;
  if (!truth || t.facts.about === truth) return;
  t.facts.about = truth;
  const all = truth.width * truth.height;
  const rows = truth.classes.slice(0, 10);
  const from = judged.source.files
    ? judged.files.map((file) => file.name).join(" + ")
    : isOfExample()
      ? "by hand, by this project, for this example: what no region covers is not labelled"
      : "";
  t.facts.replaceChildren(
    make("p", {}, make("b", {}, truth.kind), from ? ` ${from}` : ""),
    make(
      "p",
      { class: "zoo-quiet" },
      `${thousands(truth.labelled)} of ${thousands(all)} pixels labelled (${percent(truth.labelled / all)}), ` +
        `counted on ${truth.width} × ${truth.height}` +
        (truth.unknown === null ? "." : `; ${thousands(truth.unknown)} of things that no class names.`),
    ),
    truth.doubt ? make("p", { class: "zoo-truth-message", role: "alert" }, truth.doubt) : "",
    make(
      "ul",
      {},
      ...rows.map((row) =>
        make(
          "li",
          { class: "zoo-code" },
          swatch(classOf(truth.class_set, row.index)),
          make("span", {}, nameOf(truth.class_set, row.index)),
          make("b", {}, percent(row.pixels / all)),
        ),
      ),
      truth.unknown
        ? make(
            "li",
            { class: "zoo-code" },
            foreignSwatch(),
            make("span", {}, "no such class"),
            make("b", {}, percent(truth.unknown / all)),
          )
        : "",
      truth.classes.length > rows.length
        ? make("li", { class: "zoo-quiet" }, `and ${truth.classes.length - rows.length} smaller`)
        : "",
    ),
  );
}

/** @type {import("../../ui/tabs.js").Tab} */
export const truth = {
  name: "truth",
  mount(root) {
    if (!parts.all) makeParts();
    root.replaceChildren(parts.all);
    fillTruth();
  },
  taken: truthNow,
  onDraw: { layout: followTruth, paint: paintTruth, "tab:truth": fillTruth },
};
