// @ts-check
// Class sets side by side. Every class has one number over all sets that the page has met: the first set's from 0 on,
// then the next set's. `page.names` and `page.palettes` are by that number; a map holds positions in its own set.

import { hex } from "./colours.js";
import { page } from "../page.js";

/**
 * @typedef {object} ClassSet
 * @property {string} key
 * @property {string} title
 * @property {number} first the number of its first class
 * @property {number} count
 * @property {number} maxEntropy nats
 * @property {number} offset what an annotation file adds to a position
 */

/** @type {Map<string, ClassSet>} by key, in the order in which they came */
const sets = new Map();

/** @param {import("../wire.d.ts").Classes} told a set that is known already changes nothing */
export function addClassSet(told) {
  if (sets.has(told.key)) return false;
  const { key, title, offset, max_entropy: maxEntropy } = told;
  sets.set(key, { key, title, offset, maxEntropy, first: page.names.length, count: told.names.length });
  page.names.push(...told.names);
  page.palettes.distinct.push(...told.distinct.map(hex));
  page.palettes.official.push(...told.official.map(hex));
  return true;
}

/** The set of that key; the first one where there is none. */
export const classSet = (/** @type {string | undefined} */ key) => sets.get(key ?? "") ?? [...sets.values()][0];

/**
 * The number of a class of a set.
 *
 * @param {string | undefined} key
 * @param {number} index its position in the set
 */
export const classOf = (key, index) => classSet(key).first + index;

/**
 * The name of a class of a set; "" where there is none, as for what no class names.
 *
 * @param {string | undefined} key
 * @param {number} index
 */
export const nameOf = (key, index) => (index < classSet(key).count ? page.names[classOf(key, index)] : "");

/**
 * Whether two classes, of one set or of two, have one name.
 *
 * @param {number} one
 * @param {number} other
 */
export const sameName = (one, other) => one === other || page.names[one] === page.names[other];

/** The names of a class set, in its order. */
export const namesOf = (/** @type {string | undefined} */ key) => {
  const { first, count } = classSet(key);
  return page.names.slice(first, first + count);
};
