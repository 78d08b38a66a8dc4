// @ts-check
// Colours as pixels of 32 bits (ABGR, as a canvas keeps them), and patterns for colour-blind readers.

/** @typedef {[number, number, number]} Colour red, green and blue, 0..255 */

/** @type {(r: number, g: number, b: number, a?: number) => number} */
export const rgba = (r, g, b, a = 255) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** @type {(text: string) => Colour} of #rrggbb */
export const hex = (text) => {
  const part = (i) => parseInt(text.slice(i, i + 2), 16);
  return [part(1), part(3), part(5)];
};

/** @type {(colour: Colour) => string} */
export const css = (colour) => `rgb(${colour.join(" ")})`;

/**
 * Some measures grow with doubt, others fall with it: one colour always means the same doubt.
 *
 * @type {(measure: {high_is_doubt: boolean}, t: number) => number} t 0..1 of the measure's scale
 */
export const doubt = (measure, t) => (measure.high_is_doubt ? t : 1 - t);

/** Eight hatchings on a 16 x 16 tile, told apart without colour. */
export const PATTERNS = [
  (x, y) => false,
  (x, y) => (x + y) % 8 < 2,
  (x, y) => y % 8 < 2,
  (x, y) => x % 8 < 3 && y % 8 < 3,
  (x, y) => (x - y + 16) % 8 < 2,
  (x, y) => x % 8 < 2,
  (x, y) => (x + y) % 8 < 2 || (x - y + 16) % 8 < 2,
  (x, y) => x % 16 < 2 !== y % 16 < 2,
].map((inside) => Uint8Array.from({ length: 256 }, (_, i) => Number(inside(i & 15, i >> 4))));

/**
 * A pixel made darker where it is light, and lighter where it is dark.
 *
 * @param {number} pixel
 */
export function shade(pixel) {
  const r = pixel & 255;
  const g = (pixel >> 8) & 255;
  const b = (pixel >> 16) & 255;
  const bright = 0.3 * r + 0.59 * g + 0.11 * b > 120;
  const mix = (c) => (bright ? c * 0.35 : c + (255 - c) * 0.65) | 0;
  return rgba(mix(r), mix(g), mix(b), pixel >>> 24);
}
