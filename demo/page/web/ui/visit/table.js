// @ts-check
// The table of this visit's photos, folded away below the strip.

import { make } from "../../elements.js";
import { photoTable } from "../photo_table.js";
import { onVisit, visit, visitChanged } from "./photos.js";

/** @typedef {import("./photos.js").Shot} Shot */

/** @param {(shot: Shot) => void} show */
export function makeTable(show) {
  const table = photoTable({
    photos: () => visit.shots,
    current: () => visit.current,
    show,
    changed: visitChanged,
    file: "photos.csv",
  });
  const summary = make("summary", {});
  const details = make("details", { class: "zoo-visit-numbers", ontoggle: visitChanged }, summary, ...table.parts);

  function fill() {
    summary.textContent = `The ${visit.shots.length} photos in numbers`;
    details.hidden = visit.shots.length < 2;
    if (!details.hidden && details.open) table.fill();
  }

  onVisit(fill);
  return details;
}
