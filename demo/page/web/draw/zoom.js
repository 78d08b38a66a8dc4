// @ts-check
// Zoom and pan as numbers: which part of a picture a box shows.

import { clamp } from "./sampling.js";

/** @typedef {{width: number, height: number}} Size */
/** @typedef {{k: number, x: number, y: number}} Zoom the factor, and the point of the picture (0..1) in the middle */
/** @typedef {{scale: number, left: number, top: number}} Frame box pixels a picture pixel, and the picture's corner */

export const CLOSEST = 32;

export const WHOLE = /** @type {Zoom} */ ({ k: 1, x: 0.5, y: 0.5 });

/** @type {(k: number) => number} */
export const within = (k) => clamp(k, 1, CLOSEST);

const NOTCH = 120; // a wheel's deltaY for one notch
const LINE = 40; // of deltaY for a line, where the browser counts in lines
const STEP = Math.log(1.15); // by one notch

/**
 * The factor by which a turn of the wheel zooms, never more than by a notch; two fingers on a touchpad, which the
 * browser reports as small turns with Ctrl, are followed closely.
 *
 * @param {{deltaY: number, deltaMode: number, ctrlKey: boolean}} turn
 */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const delta = deltaMode === 0 ? deltaY : deltaY * LINE;
  return Math.exp(-clamp(delta * (ctrlKey ? 0.01 : STEP / NOTCH), -STEP, STEP));
}

/** @type {(box: Size, picture: Size) => number} */
const fitting = (box, picture) => Math.min(box.width / picture.width, box.height / picture.height);

/**
 * Where the picture lies in a box: as large as goes in, times the zoom, and never away from an edge it could fill.
 *
 * @param {Size} box
 * @param {Size} picture
 * @param {Zoom} zoom
 * @returns {Frame}
 */
export function frameIn(box, picture, { k, x, y }) {
  const scale = fitting(box, picture) * k;
  const place = (room, size, middle) =>
    size <= room ? (room - size) / 2 : clamp(room / 2 - middle * size, room - size, 0);
  return {
    scale,
    left: place(box.width, picture.width * scale, x),
    top: place(box.height, picture.height * scale, y),
  };
}

/**
 * The zoom by `k` with (x, y) of the picture in the middle of a box, or as near to it as the picture's edges allow.
 *
 * @param {Size} box
 * @param {Size} picture
 * @param {Zoom} wanted
 * @returns {Zoom}
 */
export function centred(box, picture, { k, x, y }) {
  if (k === 1) return WHOLE;
  const scale = fitting(box, picture) * k;
  const half = (room, size) => Math.min(0.5, room / size / 2);
  const hx = half(box.width, picture.width * scale);
  const hy = half(box.height, picture.height * scale);
  return { k, x: clamp(x, hx, 1 - hx), y: clamp(y, hy, 1 - hy) };
}

/**
 * The zoom by `k` that keeps what lies at (px, py) of the box where it is.
 *
 * @param {Size} box
 * @param {Size} picture
 * @param {Zoom} zoom the one until now
 * @param {number} k
 * @param {number} px
 * @param {number} py
 */
export function zoomedAt(box, picture, zoom, k, px, py) {
  const { scale, left, top } = frameIn(box, picture, zoom);
  const next = (scale * k) / zoom.k;
  return centred(box, picture, {
    k,
    x: ((px - left) / scale + (box.width / 2 - px) / next) / picture.width,
    y: ((py - top) / scale + (box.height / 2 - py) / next) / picture.height,
  });
}

/**
 * The zoom when the picture is pushed by (dx, dy) box pixels.
 *
 * @param {Size} box
 * @param {Size} picture
 * @param {Zoom} zoom
 * @param {number} dx
 * @param {number} dy
 */
export function panned(box, picture, zoom, dx, dy) {
  const { scale } = frameIn(box, picture, zoom);
  const { k, x, y } = zoom;
  return centred(box, picture, { k, x: x - dx / scale / picture.width, y: y - dy / scale / picture.height });
}
