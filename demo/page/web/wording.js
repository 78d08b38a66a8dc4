// @ts-check
// Numbers as words. Here alone the page's scripts round, and they round as the server's sentences do.

/**
 * A number with so many digits behind the point. Of two equally near the even one is taken, as Python does.
 *
 * @param {number} value
 * @param {number} digits
 */
export function fixed(value, digits) {
  const up = value.toFixed(digits); // a tie goes away from zero
  const exact = value.toFixed(60);
  const tie = /^50*$/.test(exact.slice(exact.indexOf(".") + 1 + digits));
  return tie && Number(up.at(-1)) % 2 ? (value - Math.sign(value) * 0.5 * 10 ** -digits).toFixed(digits) : up;
}

/**
 * A share 0..1 as a percentage with two digits that count; what is not all is never 100 %.
 *
 * @param {number} share
 */
export function percent(share) {
  const value = 100 * share;
  if (value === 0) return "0 %";
  if (value >= 99.5 && value < 100) return `${fixed(Math.min(value, 99.9), 1)} %`;
  return `${fixed(value, value >= 9.95 ? 0 : value >= 0.995 ? 1 : value >= 0.0995 ? 2 : 3)} %`;
}

/** A share that is a score, 0..1, as a percentage for a column of such. */
export const score = (share) => `${fixed(100 * share, 1)} %`;

/** For a slider: a share 0..1 in whole percent. */
export const wholePercent = (share) => `${Math.round(100 * share)} %`;

export const duration = (seconds) => (seconds < 1 ? `${fixed(1000 * seconds, 0)} ms` : `${fixed(seconds, 1)} s`);

/**
 * Where someone stands in a line, and for about how long still; nothing where nobody is before.
 *
 * @param {number} before
 * @param {number | null | undefined} seconds
 */
export function placeInLine(before, seconds) {
  if (!before) return "";
  return `Waiting: ${before} before you${seconds ? `, about ${Math.ceil(seconds)} s` : ""}.`;
}

/** How many parameters a network has. */
export const millions = (n) =>
  n >= 9.95e6 ? `${fixed(n / 1e6, 0)} M` : n >= 1e5 ? `${fixed(n / 1e6, 1)} M` : String(n);

/** A count with its thousands set apart. */
export const thousands = (n) => Math.round(n).toLocaleString("en-US");

/** A count for the edge of a chart. */
export const shortCount = (n) =>
  n >= 1e6 ? `${fixed(n / 1e6, 1)} M` : n >= 1e3 ? `${fixed(n / 1e3, 0)} k` : String(n);

/** Whatever the number, four digits that count. */
export const fourDigits = (value) => value.toPrecision(4);

/** A number that there may be none of, such as the kappa of two maps of one class. */
export const orNone = (value) => (value === null ? "n/a" : fixed(value, 2));

/** A number keeps its unit on its line. */
export const unbroken = (text) => text.replaceAll(" %", "\u00a0%");

/**
 * The marks of a scale from 0 to `top`: its quarters where that is a whole number, else the whole numbers and its end.
 *
 * @param {number} top
 * @returns {[number, string][]} each one's value and words
 */
export function ticksOf(top) {
  if (Number.isInteger(top)) return [0, 1, 2, 3, 4].map((i) => [(i * top) / 4, String((i * top) / 4)]);
  const whole = Array.from({ length: Math.floor(top - 0.5) + 1 }, (_, i) => i);
  return [...whole.map((i) => /** @type {[number, string]} */ ([i, String(i)])), [top, fixed(top, 2)]];
}
