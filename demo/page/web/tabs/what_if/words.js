// @ts-check
// What changed, in words.

import { nameOf } from "../../draw/classes.js";
import { titleOf } from "../../run.js";
import { fixed, percent } from "../../wording.js";
import { amountOf, kindNow, whatIf } from "./state.js";

/** @param {import("../../wire.d.ts").ChangeAmount} amount */
const digitsOf = (amount) => (amount.step < 0.1 ? 2 : amount.step < 1 ? 1 : 0);

/** The slider's value with its unit. */
export function amountWords() {
  const kind = kindNow();
  if (!kind?.amount) return "";
  return `${fixed(amountOf(kind), digitsOf(kind.amount))} ${kind.amount.unit}`.trim();
}

/** The change of the moment. */
export function changeWords() {
  const kind = kindNow();
  if (kind.amount) return `${kind.title}, ${kind.amount.name} ${amountWords()}`;
  if (kind.named) return `${kind.title}: ${whatIf.name}`;
  const [x, y, width, height] = whatIf.box ?? [];
  return kind.box ? `${kind.title}, ${width} × ${height} pixels at ${x}, ${y}` : kind.title;
}

/**
 * @param {import("../../wire.d.ts").Altered} reply
 * @returns {string[]} from which class to which, on how much of what was compared
 */
export function flipWords({ class_set: key, flips, other_flips: rest }) {
  const rows = flips.map(
    ({ before, after, share }) => `${nameOf(key, before)} → ${nameOf(key, after)} ${percent(share)}`,
  );
  return rest > 0.0005 ? [...rows, `other ${percent(rest)}`] : rows;
}

/** The networks that have answered the change, the one that changed most first. */
export const ranked = () =>
  [...whatIf.rows]
    .filter(([, row]) => row.reply)
    .sort(([, a], [, b]) => b.reply.changed - a.reply.changed)
    .map(([id]) => id);

/** One sentence on all of them. */
export function sumUp() {
  const ids = ranked();
  if (!ids.length) return "";
  const share = (id) => percent(whatIf.rows.get(id).reply.changed);
  if (!whatIf.rows.get(ids[0]).reply.changed) return `${whatIf.words}: no network changed a label.`;
  if (ids.length === 1) return `${whatIf.words}: ${titleOf(ids[0])} changed its label on ${share(ids[0])}.`;
  const last = ids.at(-1);
  return (
    `${whatIf.words}: ${titleOf(ids[0])} is most sensitive, ` +
    `its label changed on ${share(ids[0])} of what is compared; ` +
    `${titleOf(last)} least, on ${share(last)}.`
  );
}
