// @ts-check
// Maps as pixels: coloured through a table, hatched by class, or outlined.

import { PATTERNS, rgba, shade } from "./colours.js";

/** @typedef {import("./sampling.js").GreyMap} GreyMap */

const INK = rgba(12, 17, 23);
const LIGHT = rgba(255, 255, 255);

/**
 * Each value in its colour.
 *
 * @param {GreyMap} map
 * @param {Uint32Array} table
 * @param {Uint32Array} pixels receives them
 */
export function colour({ values }, table, pixels) {
  for (let i = 0; i < values.length; i++) pixels[i] = table[values[i]];
}

/**
 * Each class in its colour with the pattern of its rank, and an outline where the class changes.
 *
 * @param {GreyMap} map
 * @param {Uint32Array} table
 * @param {Uint8Array} ranks
 * @param {Uint32Array} pixels receives them
 */
export function hatch({ width, height, values }, table, ranks, pixels) {
  const step = 16 / Math.max(10, width / 40);
  const dark = Uint32Array.from(table, shade);
  const line = Math.max(1, Math.round(width / 640));
  for (let y = 0, i = 0; y < height; y++) {
    const row = ((y * step) & 15) << 4;
    for (let x = 0; x < width; x++, i++) {
      const value = values[i];
      const right = x + line < width ? values[i + line] : value;
      const below = y + line < height ? values[i + line * width] : value;
      const edge =
        (right !== value && (table[value] || table[right])) || (below !== value && (table[value] || table[below]));
      pixels[i] = edge ? INK : PATTERNS[ranks[value] & 7][row | ((x * step) & 15)] ? dark[value] : table[value];
    }
  }
}

/**
 * A light line just outside the region of one value, and a dark one around that; the rest is left as it is.
 *
 * @param {GreyMap} map
 * @param {number} value
 * @param {Uint32Array} pixels receives them
 */
export function outline({ width, height, values }, value, pixels) {
  const line = Math.max(1, Math.round(width / 260));
  const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && values[y * width + x] === value;
  const near = (x, y, step) => inside(x - step, y) || inside(x + step, y) || inside(x, y - step) || inside(x, y + step);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (values[i] === value) continue;
      if (near(x, y, line)) pixels[i] = LIGHT;
      else if (near(x, y, 2 * line)) pixels[i] = INK;
    }
  }
}
