// @ts-check
// The maps. Agreement shows the photo; each kind of dispute has a colour that colour-blind readers tell apart.

import { hex, rgba } from "../../draw/colours.js";
import { differing } from "./state.js";
import { majorityAt, partiesAt, surestAt } from "./words.js";
import { fixed } from "../../wording.js";

// The maps. Agreement shows the photo; each kind of dispute has a colour that colour-blind readers tell apart.
const VOTE_COLOURS = ["", "", "#ffd37a", "#f28e2b", "#c8320f", "#6d0f2b", "#3b0a45"];

const SPLIT_PARTS = [
  ["all_agree", "all agree", ""],
  ["between_families", "CNNs against transformers", "#e8590c"],
  ["inside_cnn", "inside the CNNs only", "#1b7fd4"],
  ["inside_transformer", "inside the transformers only", "#f2d544"],
  ["mixed", "inside both", "#c66bb0"],
];

/** Where a network has no word for what another says: neither agreed nor disputed. */
const CANNOT_SAY = "#8a94a0";

const CONFLICT_COLOUR = "#ff2e63";

const codeTable = (codes) => (table) => {
  for (const { value, colour } of codes) if (colour) table[value] = rgba(...hex(colour));
};

export function comparisonLayers() {
  const { reply } = differing;
  if (!reply?.maps) return [];
  const votes = reply.votes.map((area, i) => ({
    value: i + 1,
    label: i ? `${i + 1} classes` : "all agree",
    colour: i ? VOTE_COLOURS[Math.min(i + 1, 6)] : "",
    area,
  }));
  const silent = (value) =>
    reply.cannot_say ? [{ value, label: "cannot say", colour: CANNOT_SAY, area: reply.cannot_say }] : [];
  votes.push(...silent(0));
  const split = SPLIT_PARTS.map(([key, label, colour], value) => ({ value, label, colour, area: reply.split[key] }));
  split.push(...silent(255));
  const layer = (id, title, kind, more) => ({
    id,
    title,
    kind,
    codes: [],
    map: { url: reply.maps[id] },
    words: partiesAt,
    ...more,
  });
  return [
    layer("votes", "Votes", "codes", { codes: votes, table: codeTable(votes) }),
    layer("split", "CNN against transformer", "codes", { codes: split, table: codeTable(split) }),
    layer("conflict", "Confident conflict", "codes", { codes: conflictCodes(), table: conflictTable, words: surestAt }),
    layer("majority", "Majority", "classes", { words: majorityAt, classSet: reply.class_set }),
    { id: "regions", title: "Regions", kind: "regions", codes: [], map: { url: reply.maps.regions } },
  ];
}

export const MEAN_MAPS = {
  together: ["Likeliest class of the mean", "classes"],
  entropy: ["Entropy of the mean", "scalar"],
  mean_entropy: ["Mean of the entropies", "scalar"],
  mutual_information: ["Mutual information", "scalar"],
};

export function meanLayers() {
  const { mean } = differing;
  if (!mean?.maps) return [];
  return Object.entries(MEAN_MAPS).map(([id, [title, kind]]) => ({
    id,
    title,
    kind,
    classSet: mean.class_set,
    codes: [],
    map: { url: mean.maps[id] },
    top: mean.tops[id] ?? 1,
    unit: "nats",
  }));
}

export const levelNow = () => Math.round(differing.threshold * 100);

const conflictTable = (table) => table.fill(rgba(...hex(CONFLICT_COLOUR)), levelNow(), 101);

export const conflictArea = () => differing.reply.conflict_areas[levelNow()];

export const conflictCodes = () => [
  {
    value: 100,
    label: `two networks sure (${fixed(differing.threshold, 2)} or more) of different classes`,
    colour: CONFLICT_COLOUR,
    area: conflictArea(),
  },
];
