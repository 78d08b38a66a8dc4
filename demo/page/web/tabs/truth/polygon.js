// @ts-check
// Corners of a polygon as numbers, in the photo's own pixels.

import { run } from "../../run.js";

/** @typedef {import("./state.js").Corner} Corner */

/**
 * The corner that a pixel of the grid stands for: the pixel's middle; at the photo's edge the edge itself.
 *
 * @param {import("../../run.js").Point} point
 * @returns {Corner}
 */
export function cornerAt({ x, y }) {
  const place = (value, size, full) =>
    value <= 1 ? 0 : value >= size - 2 ? full : Math.round((((value + 0.5) * full) / size) * 10) / 10;
  return [place(x, run.width, run.photoWidth), place(y, run.height, run.photoHeight)];
}

/**
 * Whether a corner set so near to the first one closes the polygon.
 *
 * @param {Corner[]} corners
 * @param {Corner} next
 */
export function closes(corners, [x, y]) {
  const reach = 0.006 * Math.hypot(run.photoWidth, run.photoHeight);
  return corners.length > 2 && Math.hypot(corners[0][0] - x, corners[0][1] - y) < reach;
}

/**
 * Corners as they are typed: 10,20 200,20 200,140.
 *
 * @param {string} text
 * @returns {Corner[]}
 */
export const readCorners = (text) =>
  [...text.matchAll(/(-?\d+(?:\.\d+)?)\s*[,\s]\s*(-?\d+(?:\.\d+)?)/g)].map(([, x, y]) => [Number(x), Number(y)]);

/** @param {Corner} corner */
export const isOutside = ([x, y]) => x < 0 || y < 0 || x > run.photoWidth || y > run.photoHeight;
