// @ts-check
// Who agrees with whom, and how much each map is in pieces.

import { bringUp, make, scrolled, spoken } from "../../elements.js";
import { titleOf } from "../../run.js";
import { noted } from "../../ui/notes.js";
import { differing } from "./state.js";
import { toolbar } from "../../ui/toolbar.js";
import { showPair } from "../../ui/view.js";
import { fixed, orNone, percent, thousands, unbroken } from "../../wording.js";

/** @typedef {import("../../wire.d.ts").Structure} Structure */

/**
 * @param {string} first a model
 * @param {string} second
 */
function pairCell(first, second) {
  const key = `${first}|${second}`;
  const pair = differing.reply.pairs[key];
  const apart = differing.mean?.divergence?.[key];
  const both = `${titleOf(first)} and ${titleOf(second)}`;
  const agree =
    pair.agreement === null
      ? `${both} have no word in common for what they see, and cannot say how far they agree`
      : `${both} agree on ${percent(pair.agreement)} of the photo, kappa ${orNone(pair.kappa)}`;
  const words = `${agree}${apart === undefined ? "" : `, divergence ${fixed(apart, 3)} nats`}`;
  const show = () => {
    showPair(first, second);
    bringUp(toolbar);
  };
  return make(
    "td",
    {},
    make(
      "button",
      {
        type: "button",
        class: "zoo-pair",
        "data-pair": key,
        style: `--agreement:${pair.agreement ?? 0}`,
        title: `${words}. Choose to compare them.`,
        onclick: show,
      },
      make("b", {}, spoken(`${both}: `), pair.agreement === null ? "cannot say" : percent(pair.agreement)),
      make("span", {}, spoken(", "), `κ ${orNone(pair.kappa)}`),
      apart === undefined ? "" : make("span", {}, spoken(", "), `JS ${fixed(apart, 3)}`),
    ),
  );
}

/** Every pair once: rows are the first of two, columns the second. */
export function pairTable() {
  const { models } = differing.reply;
  const head = make(
    "tr",
    {},
    make("td", {}),
    ...models.slice(1).map((id) => make("th", { scope: "col" }, titleOf(id))),
  );
  const rows = models
    .slice(0, -1)
    .map((first, i) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, titleOf(first)),
        ...models.slice(1).map((second, j) => (j < i ? make("td", {}) : pairCell(first, second))),
      ),
    );
  return scrolled(
    "Agreement of every two networks",
    make("table", { class: "zoo-matrix" }, make("thead", {}, head), make("tbody", {}, ...rows)),
  );
}

export function pairWords() {
  const { reply } = differing;
  const ranked = Object.entries(reply.pairs)
    .filter(([, pair]) => pair.agreement !== null)
    .sort((a, b) => Number(b[1].agreement) - Number(a[1].agreement));
  const both = (key) => key.split("|").map(titleOf).join(" and ");
  const extremes = ranked.length > 1 ? `${both(ranked[0][0])} agree most, ${both(ranked.at(-1)[0])} least. ` : "";
  const alone = Object.entries(reply.alone)
    .filter(([, area]) => area >= 0.001)
    .sort((a, b) => b[1] - a[1])
    .map(([id, area]) => `${titleOf(id)} on ${percent(area)}`);
  const lonely = alone.length ? `Alone against all others: ${alone.join(", ")}. ` : "";
  return unbroken(
    `${extremes}${lonely}Fleiss' kappa of all ${reply.models.length}: ${orNone(reply.fleiss_kappa)}; ` +
      "1 is complete agreement, 0 what chance would reach, and near 0 where one class fills the photo, however much " +
      "they agree; κ is the same for two." +
      (differing.mean?.divergence
        ? " JS is the Jensen-Shannon divergence of the two networks' probabilities, averaged over the photo, in " +
          "nats: 0 where they say the same of every class, ln 2 = 0.69 where they share none."
        : ""),
  );
}

/** @type {[string, string, (row: Structure) => string][]} a title, what it is, and how it is written */
const STRUCTURE = [
  [
    "Entropy near boundaries",
    "Share of the map's total entropy that lies near its boundaries, and of the area that lies there",
    (row) =>
      row.boundary_entropy === null
        ? "n/a"
        : `${percent(row.boundary_entropy)} on ${percent(row.boundary_area)} of the area`,
  ],
  ["at boundaries", "Mean entropy near boundaries, nats", (row) => orNone(row.entropy_at)],
  ["inside", "Mean entropy everywhere else, nats", (row) => orNone(row.entropy_inside)],
  ["Fragments", "Connected pieces of one class", (row) => String(row.fragments)],
  [
    "per megapixel",
    "Fragments per million pixels, on a grid with a long side of 512",
    (row) => fixed(row.per_megapixel, 0),
  ],
  ["median area", "Of the fragments, in pixels", (row) => `${thousands(row.median_area)} px`],
  ["Boundary length", "Sides of pixels between two classes", (row) => `${thousands(row.boundary_length)} px`],
];

/** @param {Structure[]} rows */
export function structureTable(rows) {
  const head = make(
    "tr",
    {},
    make("th", { scope: "col" }, "Model"),
    ...STRUCTURE.map(([name, note]) => make("th", { scope: "col" }, noted(name, note))),
  );
  const body = rows.map((row) =>
    make(
      "tr",
      { "data-model": row.model },
      make("th", { scope: "row" }, titleOf(row.model)),
      ...STRUCTURE.map(([, , say]) => make("td", {}, say(row))),
    ),
  );
  return scrolled(
    "Boundaries and fragments",
    make("table", { class: "zoo-table" }, make("thead", {}, head), make("tbody", {}, ...body)),
  );
}
