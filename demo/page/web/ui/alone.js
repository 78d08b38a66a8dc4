// @ts-check
// A file that was taken away has no server: what its page asks is answered from what the file holds.

import { nameOf } from "../draw/classes.js";
import { readGrey } from "../draw/files.js";
import { page } from "../page.js";

/** @typedef {import("../draw/sampling.js").GreyMap} GreyMap */
/** @typedef {{id: string, low: number, high: number}} KeptMeasure in steps from low to high */

/**
 * @typedef {object} KeptPixels a network's likeliest classes on the grid
 * @property {string} model
 * @property {string} title
 * @property {string} family
 * @property {string} class_set
 * @property {number} top how many classes
 * @property {string} url maps one below the other: classes, then two of each number, its high bytes and its low ones
 * @property {KeptMeasure[]} measures
 */

/**
 * @typedef {object} Kept what a file holds instead of a server
 * @property {[number, number]} grid rows and columns over the photo
 * @property {KeptPixels[]} pixels
 * @property {Record<string, object>} differ replies by what is asked
 */

const FULL = 65535;

const NOT_KEPT = "This file does not hold that; it was taken away from the page that could count it.";

/**
 * The classes and measures at a cell of the grid.
 *
 * @param {KeptPixels} kept
 * @param {Uint8Array} values the maps
 * @param {number} cell its position in a map
 * @param {number} cells of a map
 * @param {(key: string, index: number) => string} name of a class
 * @returns {import("../wire.d.ts").PixelAnswer}
 */
export function answerAt({ model, title, family, class_set, top, measures }, values, cell, cells, name) {
  const at = (/** @type {number} */ map) => values[map * cells + cell];
  const number = (/** @type {number} */ n) => (256 * at(top + 2 * n) + at(top + 2 * n + 1)) / FULL;
  const classes = Array.from({ length: top }, (_, i) => ({
    index: at(i),
    name: name(class_set, at(i)),
    probability: number(i),
  }));
  const said = Object.fromEntries(measures.map(({ id, low, high }, i) => [id, low + number(top + i) * (high - low)]));
  return { model, title, family, class_set, classes, entropy: said.entropy, margin: said.margin, measures: said };
}

/**
 * @param {Kept} kept
 * @returns {import("../page.js").Server}
 */
export function keptServer({ grid: [rows, columns], pixels, differ }) {
  /** @type {Map<string, Promise<GreyMap>>} */
  const maps = new Map();
  const mapOf = (/** @type {KeptPixels} */ { model, url }) => {
    if (!maps.has(model)) maps.set(model, readGrey({ url }));
    return maps.get(model);
  };

  /** What is nearest to a pixel of the photo, and where that is. */
  async function pixel(/** @type {any} */ { x, y, models }) {
    const { photo_width: width, photo_height: height } = page.props.value;
    const [row, column] = [Math.floor((y * rows) / height), Math.floor((x * columns) / width)];
    const found = pixels.filter(({ model }) => models.includes(model));
    const told = await Promise.all(
      found.map(async (one) =>
        answerAt(one, (await mapOf(one)).values, row * columns + column, rows * columns, nameOf),
      ),
    );
    const middle = (/** @type {number} */ i, /** @type {number} */ all, /** @type {number} */ size) =>
      Math.min(size - 1, Math.floor(((i + 0.5) * size) / all));
    return { rows: told, x: middle(column, columns, width), y: middle(row, rows, height) };
  }

  const own = { pixel, differ: async (/** @type {any} */ { what }) => differ[what] ?? { message: NOT_KEPT } };
  return /** @type {any} */ (
    new Proxy(own, { get: (held, name) => held[name] ?? (async () => ({ message: NOT_KEPT })) })
  );
}
