// @ts-check
// Whether networks make the same mistakes: error consistency of each two of them, as a table.

import { make, scrolled } from "../../elements.js";
import { fixed, percent, thousands } from "../../wording.js";
import { judged, judgedRows, parts } from "./state.js";

export function makeConsistency() {
  parts.consistency = make("section", { "aria-label": "Do they make the same mistakes?" });
  return parts.consistency;
}

export function fillConsistency() {
  const t = parts;
  const panels = judgedRows()
    .filter(({ row }) => row.scores)
    .map(({ panel }) => panel);
  const pairs = judged.consistency;
  t.consistency.hidden = !Object.values(pairs ?? {}).some(({ pixels }) => pixels);
  if (t.consistency.hidden) return;
  const head = panels.map(({ title }) => make("th", { scope: "col" }, title));
  const body = panels.map((one) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, one.title),
      ...panels.map((other) => cell(one, other, pairs[`${one.id}|${other.id}`] ?? pairs[`${other.id}|${one.id}`])),
    ),
  );
  const table = make(
    "table",
    { class: "zoo-table zoo-truth-pairs" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Model"), ...head)),
    make("tbody", {}, ...body),
  );
  t.consistency.replaceChildren(
    make("h3", {}, "Do they make the same mistakes?"),
    make(
      "p",
      { class: "zoo-quiet" },
      "Error consistency, kappa on being right (Geirhos et al. 2020): 1 always right and wrong together, 0 as often " +
        "together as chance has it for networks of their accuracy. Beside it, of the pixels that either gets wrong, " +
        "how many both do.",
    ),
    scrolled("Error consistency", table),
  );
}

function cell(one, other, pair) {
  if (one.id === other.id) return make("td", { class: "zoo-quiet" }, "·");
  if (!pair || pair.kappa === null) return make("td", { class: "zoo-quiet" }, "–");
  const title =
    `${one.title} and ${other.title}, over ${thousands(pair.pixels)} pixels: right or wrong together ` +
    `${percent(pair.observed)}, by chance ${percent(pair.expected)}`;
  return make(
    "td",
    { "data-pair": `${one.id}|${other.id}`, "data-value": pair.kappa, title },
    make("b", {}, fixed(pair.kappa, 2)),
    pair.shared === null ? null : make("span", { class: "zoo-quiet" }, ` ${percent(pair.shared)}`),
  );
}
