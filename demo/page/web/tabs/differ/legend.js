// @ts-check
// What the colours of the big map mean.

import { css } from "../../draw/colours.js";
import { classOf, nameOf } from "../../draw/classes.js";
import { scaleColour } from "../../draw/tables.js";
import { make, swatch } from "../../elements.js";
import { conflictArea } from "./layers.js";
import { differing } from "./state.js";
import { fixed, percent } from "../../wording.js";

const legendItem = (swatch, label, area) =>
  make(
    "li",
    { class: "zoo-code" },
    swatch,
    make("span", { title: label }, label),
    area == null ? "" : make("b", {}, percent(area)),
  );

/** @param {import("../../wire.d.ts").Code[]} codes */
export const codeLegend = (codes) =>
  make(
    "ul",
    {},
    ...codes.map((code) =>
      legendItem(
        make("i", { class: code.colour ? "" : "photo", style: code.colour ? `background:${code.colour}` : "" }),
        code.label,
        code.area,
      ),
    ),
  );

/**
 * The classes of a map, the largest first.
 *
 * @param {import("../../wire.d.ts").ClassArea[]} rows
 * @param {string} key of their class set
 * @param {number} cannotSay share of the photo where no class of it can be named
 * @param {number} most that are named
 */
export function classLegend(rows, key, cannotSay, most = 10) {
  return make(
    "ul",
    {},
    ...rows.slice(0, most).map((row) => legendItem(swatch(classOf(key, row.index)), nameOf(key, row.index), row.area)),
    rows.length > most ? make("li", { class: "zoo-quiet" }, `and ${rows.length - most} smaller`) : "",
    cannotSay ? legendItem(make("i", {}), "cannot say", cannotSay) : "",
  );
}

export function scaleLegend(layer) {
  const ramp = make("canvas", { class: "zoo-differ-ramp", width: 256, height: 1, "aria-hidden": "true" });
  const context = ramp.getContext("2d");
  for (let x = 0; x < 256; x++) {
    context.fillStyle = css(scaleColour(x / 255));
    context.fillRect(x, 0, 1, 1);
  }
  return make(
    "div",
    { class: "zoo-differ-scale" },
    make("span", {}, "0"),
    ramp,
    make("span", {}, `${fixed(layer.top, 2)} nats`),
    make("b", {}, `mean ${fixed(differing.mean.means[layer.id], 2)} nats`),
  );
}

export function conflictWords() {
  const { conflict, conflict_areas: areas, class_set: key } = differing.reply;
  const fresh = conflict.threshold === differing.threshold;
  if (!conflictArea()) {
    const highest = areas.findLastIndex((area) => area > 0.001);
    return make(
      "p",
      { class: "zoo-quiet" },
      highest > 0
        ? `Nobody is that sure of a different class. At ${fixed(highest / 100, 2)} the first conflicts appear: ` +
            `${percent(areas[highest])} of the photo.`
        : "No two networks name different classes.",
    );
  }
  const rows = conflict.pairs.map(({ classes: [one, other], area }) =>
    make(
      "li",
      { class: "zoo-code" },
      swatch(classOf(key, one)),
      swatch(classOf(key, other)),
      make("span", {}, `${nameOf(key, one)} or ${nameOf(key, other)}`),
      make("b", {}, percent(area)),
    ),
  );
  return make(
    "ul",
    { class: fresh ? "" : "stale", "aria-label": "Classes in conflict" },
    ...rows,
    conflict.more ? make("li", { class: "zoo-quiet" }, `and ${conflict.more} more pairs`) : "",
  );
}
