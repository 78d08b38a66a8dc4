// @ts-check
// What is known of where the networks differ, and what a visitor asks to be overlooked.

/** @typedef {import("../../wire.d.ts").Differences} Differences */
/** @typedef {import("../../wire.d.ts").Mean} Mean */
/** @typedef {{message?: string}} Refusable with a message instead of the rest where the question has no answer */

/** The confidence from which a network counts as sure, to begin with. */
export const SURE = 0.8;

/** How far a boundary may be shifted, to begin with, as a share of the diagonal. */
export const WITHIN = 0.0075;

export const differing = {
  /** @type {string | null} the run that the reply is about */ run: null,
  /** its models, by comma */ models: "",
  /** @type {(Partial<Differences> & Refusable) | null} */ reply: null,
  /** @type {(Partial<Mean> & Refusable) | null} */ mean: null,
  asking: false,
  averaging: false,
  /** counts the questions, so that a reply knows whether it is still wanted */ turn: 0,
  /** @type {import("../../run.js").Layer[]} the maps of the replies */ layers: [],
  /** whether shifted boundaries are overlooked, */ boundaries: false,
  /** and mild disputes; */ mild: false,
  /** how far a boundary may be shifted, as a share of the diagonal */ distance: WITHIN,
  /** the confidence from which a network counts as sure */ threshold: SURE,
  /** @type {"votes" | "split" | "conflict" | "majority" | "together"} */ show: "votes",
  /** @type {keyof Mean["maps"]} which of the mean's maps */ field: "together",
};
