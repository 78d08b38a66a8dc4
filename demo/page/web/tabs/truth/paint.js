// @ts-check
// The maps of the tab in their colours: the truth, and each model's errors.

import { hex, rgba } from "../../draw/colours.js";
import { classTable } from "../../draw/tables.js";
import { make } from "../../elements.js";
import { page } from "../../page.js";
import { redraw } from "../../state.js";
import { FOREIGN, judged } from "./state.js";

export function paintTruth() {
  if (!judged.painting) return;
  const table = Uint32Array.from(classTable(judged.truth?.class_set));
  table[FOREIGN] = rgba(...hex(page.errors.foreign));
  judged.painting.paint(table);
  redraw("draw");
}

/** The colour of what no class names. */
export const foreignSwatch = () => make("i", { style: `background:${page.errors.foreign}` });

/** 0 right, 1 + percent of confidence where wrong. */
export function paintErrors(row) {
  const table = new Uint32Array(256);
  table[0] = rgba(...hex(page.errors.right));
  for (let level = 0; level <= 100; level++)
    table[1 + level] = rgba(...hex(level >= judged.sure ? page.errors.sure : page.errors.unsure));
  table[FOREIGN] = rgba(...hex(page.errors.foreign));
  row.painting?.paint(table);
  redraw("draw");
}
