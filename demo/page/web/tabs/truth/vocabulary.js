// @ts-check
// What no class names: how well doubt finds it, what each network called it, and what is flagged with it.

import { rgba, hex } from "../../draw/colours.js";
import { measureOf } from "../../draw/classes.js";
import { Surface } from "../../draw/surface.js";
import { make, radioBar, scrolled } from "../../elements.js";
import { page } from "../../page.js";
import { run } from "../../run.js";
import { redraw } from "../../state.js";
import { fixed, percent, thousands } from "../../wording.js";
import { noted } from "../../ui/notes.js";
import { judged, judgedRows, parts } from "./state.js";

/** @typedef {import("./state.js").Row} Row */

/** What the values of a map of flags mean, with the colours that they share with the error map. */
const FLAGS = [
  ["right", "known, and passed"],
  ["unsure", "known, but flagged"],
  ["foreign", "unknown, and flagged"],
  ["sure", "unknown, but passed"],
];
const THINGS = 10;
const FINDINGS = { auroc: "AUROC", aupr: "AUPR", fpr95: "FPR95" };

/** @param {Row} row in the colours of the moment */
export function paintFlags(row) {
  const table = new Uint32Array(256);
  FLAGS.forEach(([colour], code) => {
    table[code] = rgba(...hex(page.errors[colour]));
  });
  Object.values(row.flags ?? {}).forEach((painting) => painting.paint(table));
}

export function makeVocabulary() {
  const t = parts;
  t.foreignBar = make("div", {});
  t.foreignTable = make("div", {});
  t.calledTable = make("div", {});
  t.flagLegend = make("div", { class: "zoo-truth-legend" });
  t.flags = make("div", { class: "zoo-truth-errors" });
  t.foreign = make(
    "section",
    { class: "zoo-truth-foreign", "aria-label": "Not in its vocabulary" },
    make("div", { class: "zoo-row" }, make("h3", {}, "Not in its vocabulary"), t.foreignBar),
    t.foreignTable,
    make("h4", {}, "What each called it"),
    t.calledTable,
    make("h4", {}, "What is flagged when 95 % of it is found"),
    t.flagLegend,
    t.flags,
  );
  return t.foreign;
}

export function fillVocabulary() {
  const t = parts;
  const rows = judgedRows().filter(({ row }) => row.scores?.unknown?.pixels);
  t.foreign.hidden = !rows.length;
  if (!rows.length) return;
  const measures = [...new Set(rows.flatMap(({ row }) => measuresOf(row)))];
  if (!measures.includes(judged.measure)) judged.measure = measures[0];
  if (t.foreignBar.about !== String(measures)) {
    t.foreignBar.about = String(measures);
    const options = Object.fromEntries(measures.map((id) => [id, measureOf(id).title]));
    t.foreignBar.replaceChildren(
      (t.measure = radioBar("zoo-truth-measure", "By which measure of doubt", options, judged.measure, (id) => {
        judged.measure = id;
        fillVocabulary();
      })),
    );
  }
  t.measure.pick(judged.measure);
  t.foreignBar.hidden = Boolean(rows[0].row.scores.unknown.message);
  t.foreignTable.replaceChildren(findingsOf(rows));
  t.calledTable.replaceChildren(calledOf(rows));
  fillFlags(rows);
}

/** @param {Row} row */
const measuresOf = (row) => row.scores.unknown.numbers.map(({ id }) => id.match(/^(\w+)_auroc$/)?.[1]).filter(Boolean);

const numberOf = (row, key) => row.scores.unknown.numbers.find(({ id }) => id === `${judged.measure}_${key}`);

function findingsOf(rows) {
  const { message, pixels } = rows[0].row.scores.unknown;
  const words = message
    ? make("p", { role: "status" }, message)
    : make(
        "p",
        { class: "zoo-quiet" },
        `${thousands(pixels)} pixels of things that no class names, against ` +
          `${thousands(rows[0].row.scores.pixels.labelled)} labelled ones. Does ` +
          `${measureOf(judged.measure).title.toLowerCase()} find them?`,
      );
  if (message) return words;
  const head = Object.entries(FINDINGS).map(([key, title]) => {
    const found = rows.map(({ row }) => numberOf(row, key)).find(Boolean);
    const arrow = found?.better === "lower" ? "↓" : "↑";
    const note = found ? `${found.title} (${found.unit}, ${found.better} is better): ${found.formula}.` : "";
    return make(
      "th",
      { scope: "col" },
      noted(title, note),
      make("small", { "aria-label": `${found?.better ?? ""} is better` }, arrow),
    );
  });
  const body = rows.map(({ panel, row }) =>
    make(
      "tr",
      { "data-vocabulary": panel.id },
      make("th", { scope: "row" }, panel.title),
      ...Object.keys(FINDINGS).map((key) => {
        const value = numberOf(row, key)?.value;
        return make("td", { "data-number": key, "data-value": value }, value == null ? "–" : fixed(value, 3));
      }),
    ),
  );
  const table = make(
    "table",
    { class: "zoo-table" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Model"), ...head)),
    make("tbody", {}, ...body),
  );
  return make("div", {}, words, scrolled("How well doubt finds what no class names", table));
}

/** A row a thing, a column a network: the three classes that it was called most. */
function calledOf(rows) {
  /** @type {Map<string, number>} */
  const things = new Map();
  for (const { row } of rows)
    for (const { thing, pixels } of row.scores.unknown.called)
      things.set(thing, Math.max(pixels, things.get(thing) ?? 0));
  const order = [...things].sort((a, b) => b[1] - a[1]);
  const cell = (row, wanted) => {
    const found = row.scores.unknown.called.find(({ thing }) => thing === wanted);
    const said = found?.classes.slice(0, 3).map(({ name, share }) => `${name} ${percent(share)}`) ?? [];
    return make("td", { class: "words" }, said.join(", ") || "–");
  };
  const table = make(
    "table",
    { class: "zoo-table zoo-truth-called" },
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("th", { scope: "col" }, "Thing"),
        make("th", { scope: "col" }, "Pixels"),
        ...rows.map(({ panel }) => make("th", { scope: "col", class: "left" }, panel.title)),
      ),
    ),
    make(
      "tbody",
      {},
      ...order
        .slice(0, THINGS)
        .map(([thing, pixels]) =>
          make(
            "tr",
            { "data-thing": thing },
            make("th", { scope: "row" }, thing),
            make("td", {}, thousands(pixels)),
            ...rows.map(({ row }) => cell(row, thing)),
          ),
        ),
    ),
  );
  const more = order.length - THINGS;
  return make(
    "div",
    {},
    scrolled("What each network called what no class names", table),
    more > 0 ? make("p", { class: "zoo-quiet" }, `and ${more} smaller; the JSON has them all.`) : null,
  );
}

function fillFlags(rows) {
  const t = parts;
  const shown = rows.filter(({ row }) => row.flags?.[judged.measure] && !row.scores.unknown.message);
  t.flagLegend.previousElementSibling.hidden = t.flagLegend.hidden = t.flags.hidden = !shown.length;
  t.flagLegend.replaceChildren(
    ...FLAGS.map(([colour, words]) =>
      make("span", { class: "zoo-truth-key" }, make("i", { style: `background:${page.errors[colour]}` }), words),
    ),
    make("span", { class: "zoo-truth-key" }, make("i", { class: "photo" }), "no label, or not counted"),
  );
  for (const card of [...t.flags.children])
    if (!shown.some(({ panel }) => panel.id === card.dataset.flags)) {
      card.surface.drop();
      card.remove();
    }
  for (const { panel, row } of shown) {
    const card = [...t.flags.children].find((node) => node.dataset.flags === panel.id) ?? makeCard(panel);
    const rate = numberOf(row, "fpr95")?.value;
    const words = rate == null ? "" : `${percent(rate)} of what is known is flagged too`;
    card.row = row;
    card.words.textContent = words;
    card.surface.box.setAttribute(
      "aria-label",
      `What ${measureOf(judged.measure).title.toLowerCase()} of ${panel.title} flags: ${words}`,
    );
    t.flags.append(card);
  }
  redraw("draw", "glass");
}

function makeCard(panel) {
  const card = make("section", { class: "zoo-card", "data-flags": panel.id });
  card.surface = new Surface(
    () => [{ base: run.grey, map: card.row?.flags?.[judged.measure]?.canvas, opacity: 0.8 }],
    `What doubt of ${panel.title} flags`,
  );
  card.words = make("p", { class: "zoo-truth-shares" });
  card.append(make("header", { class: "zoo-head" }, make("h4", {}, panel.title)), card.surface.box, card.words);
  return card;
}
