// @ts-check
// Grey maps as arrays of numbers: what stands at a point, and several fields out of one.

import { run } from "../run.js";

/** @typedef {{width: number, height: number, values: Uint8Array}} GreyMap row by row */

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * Each measure's map, by its id, out of the map that has them one below the other.
 *
 * @param {GreyMap} stack
 * @param {string[]} measures their ids, the topmost first
 * @returns {Record<string, GreyMap>}
 */
export function splitFields({ width, height: all, values }, measures) {
  const height = all / measures.length;
  const part = (i) => ({ width, height, values: values.subarray(i * width * height, (i + 1) * width * height) });
  return Object.fromEntries(measures.map((measure, i) => [measure, part(i)]));
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

/**
 * Every how many-th pixel of a picture suffices where it is drawn so many times smaller: at least twice as many are
 * left as are drawn, so that edges come out as smooth as they would.
 *
 * @param {number} ratio pixels of the picture to one that is drawn
 */
export const stepFor = (ratio) => (ratio >= 8 ? 4 : ratio >= 4 ? 2 : 1);

/**
 * Every step-th pixel of every step-th row.
 *
 * @param {GreyMap} map
 * @param {number} step
 * @returns {GreyMap} the map itself where the step is 1
 */
export function coarser(map, step) {
  if (step === 1) return map;
  const [width, height] = [Math.ceil(map.width / step), Math.ceil(map.height / step)];
  const values = new Uint8Array(width * height);
  const [right, bottom] = [map.width - 1, map.height - 1];
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.min(bottom, y * step + (step >> 1)) * map.width;
    for (let x = 0; x < width; x++, i++) values[i] = map.values[row + Math.min(right, x * step + (step >> 1))];
  }
  return { width, height, values };
}
