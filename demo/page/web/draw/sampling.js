// @ts-check
// Grey maps as arrays of numbers: what stands at a point, and three fields out of one.

import { run } from "../run.js";

/** @typedef {{width: number, height: number, values: Uint8Array}} GreyMap row by row */

export const MEASURES = /** @type {const} */ (["entropy", "confidence", "margin"]);

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * Entropy, confidence and margin out of the map that has one below the other.
 *
 * @param {GreyMap} stack
 * @returns {Record<"entropy" | "confidence" | "margin", GreyMap>}
 */
export function splitFields({ width, height: all, values }) {
  const height = all / MEASURES.length;
  const part = (i) => ({ width, height, values: values.subarray(i * width * height, (i + 1) * width * height) });
  return { entropy: part(0), confidence: part(1), margin: part(2) };
}

/**
 * What a map of any size says at a pixel of the grid on which the run is shown.
 *
 * @param {GreyMap} map
 * @param {number} x
 * @param {number} y
 */
export function sample(map, x, y) {
  const column = Math.min(map.width - 1, Math.floor(((x + 0.5) * map.width) / run.width));
  const row = Math.min(map.height - 1, Math.floor(((y + 0.5) * map.height) / run.height));
  return map.values[row * map.width + column];
}
