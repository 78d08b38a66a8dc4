// @ts-check
// Maps painted onto canvases of their own size.

import { countLevels } from "./levels.js";
import { namePlaces } from "./names.js";
import { colour, hatch, outline } from "./pixels.js";

/** @typedef {import("./sampling.js").GreyMap} GreyMap */

/** A canvas of a map's size. */
export class Painting {
  /** @param {GreyMap} map */
  constructor(map) {
    this.map = map;
    this.canvas = new OffscreenCanvas(map.width, map.height);
    this.context = this.canvas.getContext("2d");
    this.image = new ImageData(map.width, map.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    /** @type {Uint32Array | null} the table of the last repaint */
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

  /** @param {Uint32Array} table */
  paint(table) {
    colour(this.map, table, this.pixels);
    return this.put();
  }

  /**
   * Paints where the colours have changed.
   *
   * @param {Uint32Array} table
   */
  repaint(table) {
    if (this.table?.every((pixel, i) => pixel === table[i])) return;
    this.table = table;
    this.paint(table);
  }

  /**
   * Paints with patterns by the classes' rank.
   *
   * @param {Uint32Array} table
   * @param {Uint8Array} ranks
   */
  hatch(table, ranks) {
    hatch(this.map, table, ranks, this.pixels);
    return this.put();
  }

  /**
   * Paints the outline of one value's region.
   *
   * @param {number} value
   */
  outline(value) {
    outline(this.map, value, this.pixels);
    return this.put();
  }

  put() {
    this.context.putImageData(this.image, 0, 0);
    return this;
  }
}
