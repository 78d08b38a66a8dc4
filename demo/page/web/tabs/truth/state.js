// @ts-check
// What the visitor gives as truth, and what is known by it of each model.

import { finished, run } from "../../run.js";
import { drawNow } from "../../state.js";

/** @typedef {import("../../draw/painting.js").Painting} Painting */
/** @typedef {import("../../wire.d.ts").Judged} Judged */
/** @typedef {[number, number]} Corner x and y in the photo's pixels; a photo of 640 x 480 goes from 0,0 to 640,480 */
/** @typedef {{name: string, corners: Corner[]}} Polygon a painted region and its class */

/** What a person who paints calls a thing that no class of the set names; the server knows it by this name. */
export const NONE = "none of these";

/**
 * @typedef {object} More what a row gets here
 * @property {string} key the truth and the pixels that it is about
 * @property {Painting} painting
 * @property {import("../../wire.d.ts").Number[]} proper the numbers that need all probabilities, once they are there
 * @property {Record<string, Painting>} flags by measure, what its doubt flags; only where something has no class
 * @property {string} message why there is nothing else
 */

/** @typedef {Partial<Judged & More>} Row what is known of one model */

export const judged = {
  /** @type {string | null} the run that all this is about */ run: null,
  /** @type {"files" | "paint"} */ mode: "files",
  /** @type {{name: string, path: string}[]} */ files: [],
  /** @type {Polygon[]} */ regions: [],
  /** @type {Corner[]} of the region that is being drawn */ open: [],
  /** @type {{files?: string[], regions?: Polygon[]} | null} the truth in force, as it was given */ source: null,
  /** @type {import("../../wire.d.ts").Truth | null} and as the server reads it */ truth: null,
  /** @type {Painting | null} */ painting: null,
  /** @type {string} key of the class set in whose terms it is given; empty: that of the first answer */ set: "",
  /** @type {"all" | "boundary" | "interior"} which pixels count */ band: "all",
  /** percent of confidence from which a mistake counts as sure */ sure: 80,
  /** @type {Map<string, Row>} by model */ rows: new Map(),
  /** @type {Record<string, import("../../wire.d.ts").ErrorShares> | null} of each two models */ consistency: null,
  /** the measure of doubt that is to find what no class names */ measure: "entropy",
  /** counts the truths in force */ turn: 0,
  /** counts those that were given */ asked: 0,
  /** whether models are being judged */ pending: false,
  /** what is being done, as a sentence */ busy: "",
  /** what went wrong, as a sentence */ message: "",
};

/** In maps from the server: something that no class of the set names. */
export const FOREIGN = 254;

/** @type {Record<string, any>} the tab's elements, once there is a place for them */
export const parts = {};

export const keyNow = () => `${judged.turn}/${judged.band}`;

export const judgedRows = () =>
  finished()
    .map((panel) => ({ panel, row: judged.rows.get(panel.id) }))
    .filter(({ row }) => row);

/** The truth in force, as the server is asked about it; null where there is none. */
export const truthNow = () =>
  judged.source && {
    run: run.id,
    name: run.name,
    source: { ...judged.source, set: judged.set },
    models: finished().map((panel) => panel.id),
    band: judged.band,
    sure: judged.sure / 100,
  };

export function forgetTruth() {
  const nothing = { source: null, truth: null, painting: null, consistency: null };
  Object.assign(judged, nothing, { turn: judged.turn + 1, busy: "", pending: false });
  judged.rows.clear();
}

/** @typedef {Pick<typeof judged, "mode" | "files" | "regions" | "open" | "source" | "set">} Given */

const NOTHING = () =>
  /** @type {Given} */ ({ mode: judged.mode, files: [], regions: [], open: [], source: null, set: "" });

/** @type {Map<string, Given>} by run: what was given for the photos of this visit */
const given = new Map();

/** Another photo is shown: what was given for the last one is kept, and what this one had comes back. */
export function changePhoto() {
  const { mode, files, regions, open, source, set } = judged;
  if (judged.run) given.set(judged.run, { mode, files, regions, open, source, set });
  const old = given.get(run.id) ?? NOTHING();
  forgetTruth();
  Object.assign(judged, old, { run: run.id, source: null, message: "" });
  return old.source;
}

export function say(busy, message = "") {
  Object.assign(judged, { busy, message });
  drawNow("tab:truth");
}

/** Of the pixels that are right or wrong. */
export function sureShares(row) {
  const wrong = row.wrong.reduce((sum, n) => sum + n, 0);
  const sure = row.wrong.slice(judged.sure).reduce((sum, n) => sum + n, 0);
  const all = Math.max(1, row.right + wrong);
  return { right: row.right / all, unsure: (wrong - sure) / all, sure: sure / all };
}
