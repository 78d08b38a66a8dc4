// @ts-check
// What is said of all networks at one point.

import { nameOf } from "../../draw/classes.js";
import { sample } from "../../draw/sampling.js";
import { page } from "../../page.js";
import { run } from "../../run.js";
import { differing } from "./state.js";
import { fixed } from "../../wording.js";

const compared = () => (differing.reply?.models ?? []).map((id) => run.cards.get(id)).filter((card) => card?.labels);

/** What a network says at a point, in its own words. */
const wordAt = (card, point) => nameOf(card.panel.class_set, sample(card.labels.map, point.x, point.y));

const FAMILY_WORDS = { cnn: ["CNN", "CNNs"], transformer: ["transformer", "transformers"] };

/** [name, cards] in the order of the models. */
function groups(cards, key, name) {
  const found = new Map();
  for (const card of cards) found.set(key(card), [...(found.get(key(card)) ?? []), card]);
  return [...found].map(([value, members]) => [name(value, members), members]);
}

export function partiesAt(point) {
  const cards = compared();
  const said = (card) => wordAt(card, point);
  const name = (word) => word;
  const parties = groups(cards, said, name);
  if (parties.length < 2) return parties.length ? `${cards.length === 2 ? "both" : "all"}: ${parties[0][0]}` : "";
  const families = groups(
    cards,
    (card) => card.panel.family,
    (family, members) => FAMILY_WORDS[family]?.[Number(members.length > 1)] ?? family,
  );
  const united = families.length === 2 && families.every(([, members]) => new Set(members.map(said)).size === 1);
  if (united) return families.map(([family, members]) => `${family}: ${said(members[0])}`).join("; ");
  return parties.map(([word, members]) => `${members.map((card) => card.panel.title).join(", ")}: ${word}`).join("; ");
}

export function surestAt(point) {
  const sure = compared().map((card) => ({
    title: card.panel.title,
    name: wordAt(card, point),
    confidence: sample(card.fields.confidence.map, point.x, point.y) / (page.levels - 1),
  }));
  return sure
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, 3)
    .map((row) => `${row.title}: ${row.name} ${fixed(row.confidence, 2)}`)
    .join("; ");
}

export function majorityAt(point) {
  const map = run.layers.get("majority")?.painting?.map;
  const word = map && nameOf(differing.reply?.class_set, sample(map, point.x, point.y));
  return map ? `majority: ${word || "cannot say"}` : "";
}
