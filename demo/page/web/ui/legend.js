// @ts-check
// A model's legend: only the classes present, the largest first; one row can be isolated in every panel.

import { classOf, classSet, sameName } from "../draw/classes.js";
import { make, spoken, swatch } from "../elements.js";
import { page } from "../page.js";
import { run } from "../run.js";
import { change, onDraw, state } from "../state.js";
import { announce } from "./live.js";
import { fixed, percent } from "../wording.js";

const SMALL = 0.001; // below this share a class waits behind "more"

/** @param {import("../run.js").Card} card */
export function fillLegend(card) {
  const { legend, panel } = card;
  if (panel.status !== "done") {
    legend.replaceChildren();
    return;
  }
  const rows = card.all ? panel.classes : panel.classes.filter((row, i) => i < 6 && (row.area >= SMALL || i < 3));
  const rest = panel.classes.length - rows.length;
  const list = make(
    "ul",
    { "aria-label": `Classes that ${panel.title} sees` },
    ...rows.map((row) => make("li", {}, legendRow(row, classOf(panel.class_set, row.index)))),
  );
  const more =
    rest || card.all
      ? make(
          "button",
          {
            class: "zoo-more",
            type: "button",
            "aria-expanded": String(Boolean(card.all)),
            onclick: () => {
              card.all = !card.all;
              fillLegend(card);
            },
          },
          card.all ? "Fewer" : `${rest} more`,
        )
      : "";
  const { title, first, count } = classSet(panel.class_set);
  const words = first ? make("p", { class: "zoo-quiet" }, `Answers in the ${count} classes of ${title}.`) : "";
  legend.replaceChildren(list, more, words);
  rove(legend);
  markLegend(card);
}

/**
 * @param {import("../wire.d.ts").ClassShare} row
 * @param {number} number the class's, over all sets
 */
function legendRow(row, number) {
  const name = page.names[number];
  return make(
    "button",
    {
      class: "zoo-class",
      type: "button",
      "data-index": number,
      title: "Share of the picture, mean entropy in nats",
      "aria-pressed": "false",
      onclick: () => isolate(number),
      onmousemove: (event) => {
        if (event.movementX || event.movementY) preview(number);
      },
      onmouseleave: () => preview(null),
      onblur: () => preview(null),
    },
    swatch(number),
    make("span", {}, name),
    spoken(": "),
    make("b", {}, percent(row.area)),
    spoken(" of the picture, mean entropy "),
    make("em", {}, fixed(row.entropy, 2)),
    spoken(" nats"),
  );
}

/** @param {number} index the class to show alone, or no longer */
export function isolate(index) {
  const next = state.isolated !== null && sameName(state.isolated, index) ? null : index;
  change({ isolated: next, preview: null }, "legend", "paint", "toolbar");
  announce(next === null ? "All classes are shown." : `Only ${page.names[next]} is shown.`);
}

let previewing = 0;

/** After a moment, so that crossing a legend does not flicker; not for a row that came under a pointer at rest. */
function preview(index) {
  clearTimeout(previewing);
  previewing = setTimeout(
    () => {
      if (state.preview !== index) change({ preview: index }, "paint");
    },
    index === null ? 30 : 120,
  );
}

/** One tab stop a legend, arrows inside it. */
function rove(legend) {
  const buttons = [...legend.querySelectorAll(".zoo-class")];
  buttons.forEach((button, i) => {
    button.tabIndex = i === 0 ? 0 : -1;
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const target = step
        ? buttons[(i + step + buttons.length) % buttons.length]
        : event.key === "Home"
          ? buttons[0]
          : event.key === "End"
            ? buttons.at(-1)
            : null;
      if (!target) return;
      event.preventDefault();
      event.stopPropagation();
      buttons.forEach((other) => {
        other.tabIndex = other === target ? 0 : -1;
      });
      target.focus();
    });
  });
}

function markLegend(card) {
  for (const button of card.legend.querySelectorAll(".zoo-class")) {
    const own = state.isolated !== null && sameName(Number(button.dataset.index), state.isolated);
    button.setAttribute("aria-pressed", String(own));
    button.classList.toggle("dim", state.isolated !== null && !own);
  }
}

onDraw("legend", () => run.cards.forEach(markLegend));
