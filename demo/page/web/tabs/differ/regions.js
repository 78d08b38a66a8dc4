// @ts-check
// The disputed regions, a sentence each, to choose from.

import { classOf } from "../../draw/classes.js";
import { surfaces } from "../../draw/surface.js";
import { make, swatch } from "../../elements.js";
import { run } from "../../run.js";
import { state } from "../../state.js";
import { differing } from "./state.js";
import { announce } from "../../ui/live.js";
import { showRegion } from "../../ui/regions.js";

/** @typedef {import("../../wire.d.ts").Region} Region */

/**
 * The sentence, with each party's colour before its class.
 *
 * @param {Region} region
 */
function regionSentence(region) {
  const pieces = region.pieces.map(({ text, index }) =>
    index === null ? text : make("b", {}, swatch(classOf(differing.reply.class_set, index)), text),
  );
  return make("span", {}, ...pieces);
}

/**
 * @param {Region} region
 * @param {number} number from 1
 */
function regionButton(region, number) {
  const [y, x] = region.point;
  const choose = () => {
    const on = state.region !== number;
    showRegion(on ? number : 0, on ? { x, y } : null);
    if (on) bringIntoView({ x, y });
    announce(on ? `Region ${number} is outlined in every panel.` : "No region is outlined.");
  };
  return make(
    "button",
    { type: "button", class: "zoo-region", "data-region": number, "aria-pressed": "false", onclick: choose },
    regionSentence(region),
  );
}

function bringIntoView({ x, y }) {
  const surface = [...surfaces].find((candidate) => candidate.visible);
  if (surface && state.zoom.k > 1) surface.centre(state.zoom.k, (x + 0.5) / run.width, (y + 0.5) / run.height);
}

/** @param {Region[]} regions */
export function regionList(regions) {
  const list = make(
    "ol",
    { class: "zoo-regions", "aria-label": "Disputed regions" },
    ...regions.map((region, i) => make("li", {}, regionButton(region, i + 1))),
  );
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")];
    const now = buttons.indexOf(event.target);
    const target = { ArrowDown: buttons[now + 1], ArrowUp: buttons[now - 1], Home: buttons[0], End: buttons.at(-1) }[
      event.key
    ];
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    target.focus();
  });
  return list;
}

/** The headline and every region, to be copied. */
export const regionWords = () => {
  const { headline, regions } = differing.reply;
  return [headline, ...regions.map((region) => region.sentence)].join("\n");
};
