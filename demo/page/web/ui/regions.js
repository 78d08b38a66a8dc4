// @ts-check
// One disputed region at a time is outlined in every panel.

import { Painting } from "../draw/painting.js";
import { run } from "../run.js";
import { change } from "../state.js";
import { inspect } from "./inspect.js";

/** Outlined in every panel; the crosshair goes to its middle. */
export function showRegion(number, point) {
  const layer = [...run.layers.values()].find((candidate) => candidate.kind === "regions");
  run.outline = number && layer?.painting ? new Painting(layer.painting.map).outline(number).canvas : null;
  change({ region: number }, "draw", "glass", "link");
  if (point) inspect(point);
}
