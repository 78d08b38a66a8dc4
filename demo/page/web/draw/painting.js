// @ts-check
// Maps in colours. A map is painted when it is drawn, and no finer than it is drawn.

import { countLevels } from "./levels.js";
import { namePlaces } from "./names.js";
import { colour, hatch, outline } from "./pixels.js";
import { coarser, stepFor } from "./sampling.js";

/** @typedef {import("./sampling.js").GreyMap} GreyMap */
/** @typedef {(map: GreyMap, pixels: Uint32Array) => void} Way in which a map becomes pixels */

/** A map's canvas, at one coarseness. */
class Sheet {
  /** @param {GreyMap} map */
  constructor(map) {
    this.map = map;
    this.canvas = new OffscreenCanvas(map.width, map.height);
    this.context = this.canvas.getContext("2d");
    this.image = new ImageData(map.width, map.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    /** @type {Way | null} as it is painted */
    this.painted = null;
  }

  /** @param {Way} way */
  paint(way) {
    way(this.map, this.pixels);
    this.context.putImageData(this.image, 0, 0);
    this.painted = way;
  }
}

export class Painting {
  /** @param {GreyMap} map */
  constructor(map) {
    this.map = map;
    /** @type {Map<number, Sheet>} by step */
    this.sheets = new Map();
    /** @type {Way | null} in which it is to be painted */
    this.way = null;
    /** @type {Uint32Array | null} that it is painted with, if with one alone */
    this.table = null;
    /** @type {Uint32Array | null} */
    this.counted = null;
    /** @type {import("./names.js").Place[] | null} */
    this.found = null;
  }

  /** How many pixels have each value. */
  get counts() {
    return (this.counted ??= countLevels(this.map));
  }

  /** Where the names of its regions go. */
  get places() {
    return (this.found ??= namePlaces(this.map));
  }

  /**
   * Paints where the colours have changed.
   *
   * @param {Uint32Array} table
   */
  paint(table) {
    if (this.table?.every((pixel, i) => pixel === table[i])) return this;
    this.paintBy((map, pixels) => colour(map, table, pixels));
    this.table = table;
    return this;
  }

  /**
   * Paints with patterns by the classes' rank.
   *
   * @param {Uint32Array} table
   * @param {Uint8Array} ranks
   */
  hatch(table, ranks) {
    return this.paintBy((map, pixels) => hatch(map, table, ranks, pixels));
  }

  /**
   * Paints the outline of one value's region.
   *
   * @param {number} value
   */
  outline(value) {
    return this.paintBy((map, pixels) => outline(map, value, pixels));
  }

  /** @param {Way} way */
  paintBy(way) {
    this.way = way;
    this.table = null;
    return this;
  }

  /** The whole map. */
  get canvas() {
    return this.at(1);
  }

  /**
   * Every step-th pixel of the map.
   *
   * @param {number} step
   */
  at(step) {
    if (!this.sheets.has(step)) this.sheets.set(step, new Sheet(coarser(this.map, step)));
    const sheet = this.sheets.get(step);
    if (this.way && sheet.painted !== this.way) sheet.paint(this.way);
    return sheet.canvas;
  }

  /**
   * As fine as a picture of that width has use for.
   *
   * @param {number} width in the pixels of the canvas on which it is drawn
   */
  drawnAt(width) {
    return this.at(stepFor(this.map.width / width));
  }
}

/** @type {WeakMap<OffscreenCanvas, Map<number, OffscreenCanvas>>} */
const smaller = new WeakMap();

/**
 * A picture that does not change any more, made smaller once for all that draw it small.
 *
 * @param {OffscreenCanvas} picture
 * @param {number} width as above
 */
export function pictureAt(picture, width) {
  const step = stepFor(picture.width / width);
  if (step === 1) return picture;
  if (!smaller.has(picture)) smaller.set(picture, new Map());
  const known = smaller.get(picture);
  if (!known.has(step)) {
    const canvas = new OffscreenCanvas(Math.ceil(picture.width / step), Math.ceil(picture.height / step));
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "medium";
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    known.set(step, canvas);
  }
  return known.get(step);
}
