// @ts-check
// A measure's map counted: which of its steps occur, and which share of the pixels a threshold hides.

/** @typedef {"below" | "above"} Side the side of a threshold that is hidden */

/**
 * How many pixels have each step.
 *
 * @param {import("./sampling.js").GreyMap} map
 */
export function countLevels({ values }) {
  const counts = new Uint32Array(256);
  for (const value of values) counts[value]++;
  return counts;
}

/**
 * The lowest and the highest step that any of some maps has; the whole scale where there is none.
 *
 * @param {Uint32Array[]} maps the counts of each
 * @param {number} levels steps of the scale
 * @returns {[number, number]} the second above the first
 */
export function extent(maps, levels) {
  const low = Math.min(levels - 1, ...maps.map((counts) => counts.findIndex(Boolean)).filter((step) => step >= 0));
  const high = Math.max(0, ...maps.map((counts) => counts.findLastIndex(Boolean)));
  if (high < low) return [0, levels - 1];
  return high > low ? [low, high] : low ? [low - 1, high] : [0, 1];
}

/** @type {(t: number, cut: number | null, side: Side) => boolean} both 0..1 of the scale; null hides nothing */
export const hides = (t, cut, side) => cut !== null && (side === "below" ? t < cut : t > cut);

/**
 * The share of a map's pixels, 0..1, that a threshold hides.
 *
 * @param {Uint32Array} counts
 * @param {number} levels
 * @param {number | null} cut
 * @param {Side} side
 */
export function hiddenShare(counts, levels, cut, side) {
  let [hidden, all] = [0, 0];
  counts.forEach((count, level) => {
    all += count;
    if (hides(level / (levels - 1), cut, side)) hidden += count;
  });
  return all ? hidden / all : 0;
}
