// @ts-check
// One table of all models, error maps, and the details of each model.

import { Surface } from "../../draw/surface.js";
import { make, spoken } from "../../elements.js";
import { page } from "../../page.js";
import { run } from "../../run.js";
import { redraw } from "../../state.js";
import { reliabilityChart, riskChart } from "./charts.js";
import { fillConsistency } from "./consistency.js";
import {
  classTableOf,
  confusionList,
  countedWords,
  findingTable,
  formulaTable,
  numberTable,
  numberWords,
  summaryTable,
} from "./numbers.js";
import { judged, judgedRows, keyNow, parts, sureShares } from "./state.js";
import { saveFile } from "./questions.js";
import { fillVocabulary } from "./vocabulary.js";
import { fixed, percent, thousands } from "../../wording.js";

export function fillResults() {
  const rows = judgedRows();
  const t = parts;
  const any = rows.find(({ row }) => row.scores)?.row;
  t.band.pick(judged.band);
  t.results.classList.toggle(
    "stale",
    rows.some(({ row }) => row.key !== keyNow()),
  );
  t.table.replaceChildren(
    summaryTable(rows),
    make(
      "p",
      { class: "zoo-quiet" },
      `${countedWords(any)} Best values are marked. A column's title tells its formula and its pixels. ` +
        "One photo is a demonstration, not a benchmark.",
    ),
  );
  fillErrors();
  fillVocabulary();
  fillConsistency();
  fillDetails(rows);
  if (any && !t.how.lastChild.childElementCount) t.how.lastChild.replaceChildren(formulaTable(any));
}

/**
 * A button that saves one file of the truth.
 *
 * @param {string} file its name in the download
 * @param {string} text
 * @param {string} what it is, in words
 */
export const saveButton = (file, text, what) =>
  make(
    "button",
    {
      type: "button",
      class: "zoo-button zoo-save",
      title: `Save ${what}`,
      "data-file": file,
      onclick: () => saveFile(file),
    },
    text,
    spoken(`: save ${what}`),
  );

export function fillErrors() {
  const t = parts;
  const rows = judgedRows().filter(({ row }) => row.painting);
  t.sure.value = judged.sure;
  t.sureText.textContent = fixed(judged.sure / 100, 2);
  const swatch = (colour, label) =>
    make(
      "span",
      { class: "zoo-truth-key" },
      make("i", { class: colour ? "" : "photo", style: colour ? `background:${colour}` : "" }),
      label,
    );
  const foreign = rows.some(({ row }) => row.scores.unknown?.pixels);
  t.errorLegend.replaceChildren(
    swatch(page.errors.right, "right"),
    swatch(page.errors.unsure, "wrong and unsure"),
    swatch(page.errors.sure, "wrong and sure"),
    foreign ? swatch(page.errors.foreign, "no such class") : "",
    swatch("", judged.band === "all" ? "no label" : "no label, or not counted"),
  );
  for (const card of [...t.errors.children])
    if (!rows.some(({ panel }) => panel.id === card.dataset.errors)) {
      card.surface.drop();
      card.remove();
    }
  for (const { panel, row } of rows) {
    const card = [...t.errors.children].find((node) => node.dataset.errors === panel.id) ?? makeErrorCard(panel);
    const { right, unsure, sure } = sureShares(row);
    card.row = row;
    card.words.replaceChildren(
      shareWords("right", right, "right"),
      shareWords("unsure", unsure, "wrong, unsure"),
      shareWords("sure", sure, "wrong, sure"),
    );
    card.surface.box.setAttribute(
      "aria-label",
      `Errors of ${panel.title}: right ${percent(right)}, wrong and unsure ${percent(unsure)}, ` +
        `wrong and sure ${percent(sure)}`,
    );
    t.errors.append(card);
  }
  redraw("draw", "glass");
}

const shareWords = (kind, share, words) =>
  make(
    "span",
    { "data-share": kind },
    make("i", { style: `background:${page.errors[kind]}` }),
    make("b", {}, percent(share)),
    ` ${words}`,
  );

function makeErrorCard(panel) {
  const card = make("section", { class: "zoo-card", "data-errors": panel.id });
  card.surface = new Surface(
    () => [{ base: run.grey, map: card.row?.painting?.canvas, opacity: 0.8 }],
    `Errors of ${panel.title}`,
  );
  card.words = make("p", { class: "zoo-truth-shares" });
  card.append(
    make(
      "header",
      { class: "zoo-head" },
      make("h4", {}, panel.title),
      saveButton(`${panel.id}/errors.png`, "PNG", `the error map of ${panel.title}`),
    ),
    card.surface.box,
    card.words,
  );
  return card;
}

function fillDetails(rows) {
  const t = parts;
  for (const node of [...t.details.children])
    if (!rows.some(({ panel }) => panel.id === node.dataset.details)) node.remove();
  rows
    .filter(({ row }) => row.scores)
    .forEach(({ panel, row }, i) => {
      let node = [...t.details.children].find((one) => one.dataset.details === panel.id);
      if (!node) {
        node = make(
          "details",
          { class: "zoo-fold", "data-details": panel.id, ontoggle: () => fillDetail(node) },
          make("summary", {}, panel.title),
          make("div", { class: "zoo-truth-detail" }),
        );
        node.open = i === 0 && !t.details.childElementCount;
      }
      if (t.details.children[i] !== node) t.details.insertBefore(node, t.details.children[i] ?? null);
      node.row = row;
      node.panel = panel;
      fillDetail(node);
    });
}

/** Drawn when it is opened. */
function fillDetail(node) {
  const { row, panel } = node;
  const about = [row, row.proper];
  if (!node.open || about.every((part, i) => part === node.about?.[i])) return;
  node.about = about;
  const { scores } = row;
  const part = (title, note, ...content) =>
    make("section", {}, make("h4", {}, title), make("p", { class: "zoo-quiet" }, note), ...content);
  const foreign = scores.unknown?.pixels && [
    make("h4", {}, "And what no class names?"),
    make("p", { class: "zoo-quiet" }, `${thousands(scores.unknown.pixels)} such pixels against the labelled ones.`),
    findingTable(row, "foreign"),
  ];
  node.lastChild.replaceChildren(
    part(
      "Reliability",
      `${numberWords(row, "ece")}, ${numberWords(row, "adaptive_ece")}. Below, the pixels of each bin.`,
      reliabilityChart(scores, panel.title),
      saveButton(`${panel.id}/reliability.svg`, "SVG", `the reliability diagram of ${panel.title}`),
    ),
    part(
      "Risk and coverage",
      `${Object.keys(scores.risk_coverage)
        .map((score) => numberWords(row, `${score}_aurc`))
        .join("; ")}.`,
      riskChart(scores, panel.title),
      saveButton(`${panel.id}/risk_coverage.svg`, "SVG", `the risk-coverage curves of ${panel.title}`),
    ),
    part(
      "Does doubt find the errors?",
      "Wrong against right pixels, by each measure of doubt.",
      findingTable(row, "wrong"),
      ...(foreign || []),
    ),
    part(
      "Classes",
      "Every class annotated or named on the counted pixels; areas in pixels.",
      classTableOf(scores.classes, row.class_set),
    ),
    part(
      "Top confusions",
      "What was said instead of the truth: mild inside a supercategory (house, building), else severe.",
      confusionList(scores.confusions),
    ),
    make("section", {}, make("h4", {}, "All numbers"), numberTable(row)),
  );
}
