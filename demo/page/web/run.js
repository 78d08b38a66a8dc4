// @ts-check
// The run that is shown: its photo, a card a model, and the maps of all models together.

/** @typedef {import("./wire.d.ts").Panel} Panel */
/** @typedef {import("./draw/painting.js").Painting} Painting */
/** @typedef {{x: number, y: number}} Point */

/**
 * @typedef {object} Card a model's place in the grid
 * @property {Panel} panel what the server says of it
 * @property {Painting | null} labels null until the map has come
 * @property {Record<string, Painting> | null} fields by measure
 * @property {import("./draw/surface.js").Surface} surface
 * @property {HTMLElement} node
 * @property {HTMLElement} legend
 * @property {HTMLElement} tip
 * @property {HTMLElement} hidden what a threshold hides of it
 * @property {HTMLElement} status
 * @property {boolean} [loading]
 * @property {boolean} [lost] its map could not be fetched
 * @property {HTMLElement} fact
 * @property {string} [announced] why it failed, once that was said aloud
 * @property {boolean} [all] its legend shows every class
 */

/**
 * @typedef {object} Layer a map of all models together: one of the server's, or one that a tab adds
 * @property {string} id
 * @property {string} title
 * @property {import("./wire.d.ts").Layer["kind"]} kind
 * @property {import("./wire.d.ts").Code[]} codes
 * @property {{url: string}} [map]
 * @property {number} [top]
 * @property {string} [unit]
 * @property {string} [classSet] key of the set whose classes it shows; the first one where there is none
 * @property {(table: Uint32Array) => void} [table] colours it, where its codes do not
 * @property {(point: Point) => string} [words] what it says at a point, where its value does not
 * @property {Painting} [painting] once the map has come
 * @property {boolean} [lost]
 */

export const run = {
  /** @type {string | null} the server's key */ id: null,
  name: "",
  /** @type {string} empty for a visitor's own photo */ example: "",
  /** @type {string[]} */ notes: [],
  /** what must not be concluded from these networks */ caution: "",
  /** the grid on which all is shown */ width: 0,
  height: 0,
  /** the photo's own size */ photoWidth: 0,
  photoHeight: 0,
  /** @type {OffscreenCanvas | null} */ photo: null,
  /** @type {OffscreenCanvas | null} the photo without its colours */ grey: null,
  /** @type {OffscreenCanvas | null} around the chosen region */ outline: null,
  /** @type {Map<string, Card>} by model, in the order of the grid */ cards: new Map(),
  /** @type {Map<string, Layer>} */ layers: new Map(),
  /** the mark of what is asked for, empty when nothing is */ turn: "",
  /** @type {string | null} the turn that was ended before its time */ ended: null,
  /** @type {string | null} the turn that was left for another photo */ left: null,
  /** whether to ask again when this turn is over */ next: false,
};

export const panels = () => [...run.cards.values()].map((card) => card.panel);

export const finished = () => panels().filter((panel) => panel.status === "done");

/** @param {Panel} panel */
export const isUnfinished = (panel) => ["queued", "loading", "running"].includes(panel.status);

export const unfinished = () => [...run.cards.values()].filter(({ panel }) => isUnfinished(panel));

/** @param {string} id a model's */
export const titleOf = (id) => run.cards.get(id)?.panel.title ?? id;

/**
 * The photo's own pixel at a pixel of the grid.
 *
 * @param {Point} point
 */
export const photoPoint = ({ x, y }) => ({
  x: Math.min(run.photoWidth - 1, Math.floor(((x + 0.5) * run.photoWidth) / run.width)),
  y: Math.min(run.photoHeight - 1, Math.floor(((y + 0.5) * run.photoHeight) / run.height)),
});

/** @type {(() => void)[]} */
const followers = [];

/**
 * Calls `follow` when an answer has come, or will not come any more.
 *
 * @param {() => void} follow
 */
export function onRun(follow) {
  followers.push(follow);
}

export function runChanged() {
  followers.forEach((follow) => follow());
}
