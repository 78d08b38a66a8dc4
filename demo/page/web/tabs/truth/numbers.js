// @ts-check
// Numbers in tables. One that is not there yet says so; one that cannot be says why.

import { classOf, classSet, measureOf } from "../../draw/classes.js";
import { make, swatch } from "../../elements.js";
import { page } from "../../page.js";
import { noted } from "../../ui/notes.js";
import { fixed, fourDigits, percent, score, thousands } from "../../wording.js";

const WRITTEN = { share: score, number: (value) => fixed(value, 3), nats: (value) => fixed(value, 2) };

const COLUMNS = [
  // id, short title, how it is written
  ["pixel_accuracy", "Pixel accuracy", "share"],
  ["miou_annotated", "mIoU, annotated", "share"],
  ["miou", "mIoU, named too", "share"],
  ["boundary_iou", "Boundary IoU", "share"],
  ["boundary_iou_shared_void", "the same, void shared", "share"],
  ["ece", "ECE", "number"],
  ["brier", "Brier", "number"],
  ["nll", "NLL (nats)", "nats"],
  ["entropy_auroc", "AUROC, entropy", "number"],
  ["entropy_aurc", "AURC, entropy", "number"],
  ["mistake_severity", "Severity", "number"],
];

const FOREIGN_COLUMN = ["entropy_auroc", "AUROC, no class", "number", "foreign"];

/** @typedef {import("./state.js").Row} Row */
/** @typedef {import("../../wire.d.ts").Number} Figure */

/** @type {(row: Row, id: string, where?: string) => Figure | null} */
const numberOf = (row, id, where) => {
  const found =
    row.scores &&
    (where === "foreign" ? row.scores.unknown?.numbers : (row.proper ?? []).concat(row.scores.numbers))?.find(
      (number) => number.id === id,
    );
  return found ?? null;
};

const isPending = (row, id) => (id === "brier" || id === "nll") && !row.proper;

/** @param {Figure} number */
const explain = (number) =>
  `${number.title}: ${number.value === null ? "not defined here" : fourDigits(number.value)} (${number.unit})\n` +
  `${number.formula}\ncounted over ${thousands(number.pixels)} pixels; ${number.better} is better`;

/** @param {{panel: import("../../run.js").Panel, number: Figure}[]} found a number of each network */
function columnNote(found) {
  if (!found.length) return "";
  const { title, formula, unit, better } = found[0].number;
  const each = found.map(
    ({ panel, number: { value, pixels } }) =>
      `${panel.title} ${value === null ? "not defined" : fourDigits(value)} over ${thousands(pixels)} pixels`,
  );
  return `${title} (${unit}, ${better} is better): ${formula}.\n${each.join("; ")}.`;
}

export function countedWords(row) {
  if (!row) return "";
  const { labelled, photo, unknown } = row.scores.pixels;
  const share = percent(labelled / photo);
  return (
    `Counted over ${thousands(labelled)} of ${thousands(photo)} pixels (${share})` +
    (unknown ? `; ${thousands(unknown)} more show things that no class names.` : ".") +
    (labelled < photo / 2 ? " What a network names elsewhere is not held against it." : "")
  );
}

export function summaryTable(rows) {
  const foreign = rows.some(({ row }) => row.scores?.unknown?.pixels);
  const columns = foreign ? [...COLUMNS, FOREIGN_COLUMN] : COLUMNS;
  const best = columns.map(([id, , , where]) => {
    const numbers = rows.map(({ row }) => numberOf(row, id, where)).filter((number) => number && number.value !== null);
    const values = numbers.map((number) => number.value);
    if (new Set(values).size < 2) return null; // where all are alike none is best
    return numbers[0].better === "higher" ? Math.max(...values) : Math.min(...values);
  });
  const head = columns.map(([id, title, , where]) => {
    const found = rows
      .map(({ panel, row }) => ({ panel, number: numberOf(row, id, where) }))
      .filter((one) => one.number);
    const better = found[0]?.number.better;
    const arrow = make("small", { "aria-label": `${better ?? ""} is better` }, better === "lower" ? "↓" : "↑");
    return make("th", { scope: "col" }, noted(title, columnNote(found)), arrow);
  });
  const body = rows.map(({ panel, row }) =>
    make(
      "tr",
      { "data-model": panel.id },
      make("th", { scope: "row" }, panel.title),
      ...(row.message
        ? [make("td", { colspan: columns.length, class: "words" }, row.message)]
        : columns.map(([id, , kind, where], i) => numberCell(row, id, kind, where, best[i]))),
    ),
  );
  return make(
    "div",
    { class: "zoo-scroll", tabindex: "0", role: "region", "aria-label": "Numbers of all networks" },
    make(
      "table",
      { class: "zoo-table zoo-truth-table" },
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Model"), ...head)),
      make("tbody", {}, ...body),
    ),
  );
}

function numberCell(row, id, kind, where, best) {
  const number = numberOf(row, id, where);
  if (isPending(row, id))
    return make("td", { class: "zoo-quiet", title: "Adding up all probabilities of every pixel ..." }, "…");
  if (!number || number.value === null)
    return make(
      "td",
      {
        class: "zoo-quiet",
        "data-number": id,
        title: number ? `${explain(number)}\nThere is nothing to find, or nothing to tell it from.` : "",
      },
      "–",
    );
  const top = number.value === best;
  return make(
    "td",
    {
      "data-number": where ? `${where}_${id}` : id,
      "data-value": number.value,
      title: explain(number),
      class: top ? "best" : "",
    },
    make("span", {}, WRITTEN[kind](number.value)),
    top ? make("span", { class: "zoo-live" }, " (best)") : "",
  );
}

export const numberWords = (row, id) => {
  const number = numberOf(row, id);
  return `${number.title} ${number.value === null ? "not defined" : fixed(number.value, 3)}`;
};

const LEFT = new Set(["How it is computed", "Formula", "Named instead", "Kind"]);

const tableOf = (label, head, rows) =>
  make(
    "div",
    { class: "zoo-scroll", tabindex: "0", role: "region", "aria-label": label },
    make(
      "table",
      { class: "zoo-table" },
      make(
        "thead",
        {},
        make("tr", {}, ...head.map((text) => make("th", { scope: "col", class: LEFT.has(text) ? "left" : "" }, text))),
      ),
      make("tbody", {}, ...rows),
    ),
  );

const shareCell = (value) => make("td", {}, value === null ? "–" : score(value));

/**
 * @param {import("../../wire.d.ts").ClassRow[]} classes
 * @param {string} key of their class set
 */
export function classTableOf(classes, key) {
  return tableOf(
    "Classes",
    ["Class", "IoU", "Accuracy", "Boundary IoU", "Annotated", "Named"],
    classes.map((row) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, swatch(classOf(key, row.index - classSet(key).offset)), ` ${row.name}`),
        shareCell(row.iou),
        shareCell(row.accuracy),
        shareCell(row.boundary_iou),
        make("td", {}, thousands(row.annotated)),
        make("td", {}, thousands(row.predicted)),
      ),
    ),
  );
}

/** @param {import("../../wire.d.ts").Confusion[]} confusions */
export function confusionList(confusions) {
  if (!confusions.length) return make("p", {}, "None: every counted pixel is right.");
  return tableOf(
    "Top confusions",
    ["Truth", "Named instead", "Kind", "Pixels", "Of that class"],
    confusions.map((pair) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, swatchOf(pair.truth), ` ${pair.truth}`),
        make("td", { class: "words" }, swatchOf(pair.predicted), ` ${pair.predicted}`),
        make("td", { class: "words" }, pair.severe === null ? "–" : pair.severe ? "severe" : "mild"),
        make("td", {}, thousands(pair.pixels)),
        make("td", {}, percent(pair.share)),
      ),
    ),
  );
}

const swatchOf = (name) => swatch(page.names.indexOf(name));

/**
 * @param {Row} row
 * @param {"wrong" | "foreign"} where what the doubt should find
 */
export function findingTable(row, where) {
  const ids = ["auroc", "aupr", "fpr95"];
  const names = { auroc: "AUROC ↑", aupr: "AUPR ↑", fpr95: "FPR95 ↓" };
  return tableOf(
    where === "foreign" ? "How well doubt finds what no class names, by measure" : "How well doubt finds the errors",
    ["Score", ...ids.map((id) => names[id])],
    Object.keys(row.scores.risk_coverage).map((measure) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, measureOf(measure).title),
        ...ids.map((id) => numberCell(row, `${measure}_${id}`, "number", where, null)),
      ),
    ),
  );
}

/** @param {Row} row */
export function numberTable(row) {
  const numbers = row.scores.numbers
    .map((number) => row.proper?.find((own) => own.id === number.id) ?? number)
    .concat(
      (row.scores.unknown?.pixels ? row.scores.unknown.numbers : []).map((number) => ({
        ...number,
        title: `${number.title} (no class)`,
      })),
    );
  return tableOf(
    "All numbers",
    ["Number", "Value", "Unit", "Pixels", "How it is computed"],
    numbers.map((number) =>
      make(
        "tr",
        { "data-id": number.id },
        make("th", { scope: "row" }, number.title),
        make("td", {}, number.value === null ? (isPending(row, number.id) ? "…" : "–") : fourDigits(number.value)),
        make("td", {}, number.unit),
        make("td", {}, thousands(number.pixels)),
        make("td", { class: "formula" }, number.formula),
      ),
    ),
  );
}

/** @param {Row} row */
export function formulaTable(row) {
  return tableOf(
    "Formulas",
    ["Number", "Unit", "Better", "Formula"],
    row.scores.numbers.map((number) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, number.title),
        make("td", {}, number.unit),
        make("td", {}, number.better),
        make("td", { class: "formula" }, number.formula),
      ),
    ),
  );
}
