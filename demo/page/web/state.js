// @ts-check
// How the run is looked at. `change` changes it and asks for what has to be drawn again, once a frame.

/** @typedef {import("./run.js").Point} Point */
/** @typedef {"overlay" | "labels" | "uncertainty" | "compare"} View */
/** @typedef {"layout" | "legend" | "paint" | "toolbar" | `tab:${string}` | "draw" | "glass" | "link"} Drawing */

/** @type {Readonly<Partial<Record<View, number>>>} 0..1, of the maps over the photo at first */
export const OPACITY = { overlay: 0.6, labels: 1, uncertainty: 1 };

export const state = {
  /** @type {View} */ view: "overlay",
  /** @type {Partial<Record<View, number>>} 0..1 */ opacity: { ...OPACITY },
  /** a measure's id */ measure: "entropy",
  /** white is high, as in the article */ article: false,
  /** colours run over what this photo has of the scale, not over the whole of it */ stretch: false,
  /** @type {Record<string, number | null>} by measure, 0..1 of its scale; null: nothing is hidden */ threshold: {},
  /** @type {"below" | "above"} the side of the threshold that is hidden */ side: "below",
  /** @type {"distinct" | "official"} */ palette: "distinct",
  patterns: false,
  /** names on the regions, where classes are shown alone */ names: true,
  /** @type {number | null} the class shown alone */ isolated: null,
  /** @type {number | null} the class whose row of a legend is hovered */ preview: null,
  /** @type {Point | null} on the view's grid */ pin: null,
  /** @type {Point | null} */ hover: null,
  /** @type {import("./draw/zoom.js").Zoom} */ zoom: { k: 1, x: 0.5, y: 0.5 },
  /** the swipe's two maps, by key */ left: "",
  right: "",
  /** of the width that the left one has */ cut: 0.5,
  /** @type {string | null} the card shown alone */ solo: null,
  /** what the first card shows: the photo or a layer */ first: "photo",
  /** @type {(Point & {pixel: boolean}) | null} what a link points at, until its photo has been answered */ arrival:
    null,
  /** the outlined region of the layer of kind "regions" */ region: 0,
  /** the blink key is held over the grid */ bare: false,
  /** @type {string | null} the one map shown while the swipe blinks */ blink: null,
};

/** @type {Drawing[]} recolouring comes before drawing, drawing before the crosshair; the tabs' own come between */
const BEFORE_TABS = ["layout", "legend", "paint", "toolbar"];

/** @type {Drawing[]} */
const AFTER_TABS = ["draw", "glass", "link"];

/** @type {Set<Drawing>} */
const wanted = new Set();

/** @type {Partial<Record<Drawing, (() => void)[]>>} */
const drawers = {};

let frame = 0;

function drawFrame() {
  const tabs = () => [...wanted].filter((name) => name.startsWith("tab:"));
  /** @param {Drawing[]} names of which each is drawn that is wanted, also by one before it */
  const pass = (names) => names.forEach((name) => wanted.delete(name) && drawNow(name));
  try {
    pass(BEFORE_TABS);
    pass(tabs());
    pass(AFTER_TABS);
  } finally {
    frame = 0;
    redraw(); // what is wanted by one that comes after it
  }
}

/**
 * Calls `draw` whenever that drawing is asked for; of several, in the order in which they were named here.
 *
 * @param {Drawing} name
 * @param {() => void} draw
 */
export function onDraw(name, draw) {
  (drawers[name] ??= []).push(draw);
}

/**
 * What cannot wait for the next frame.
 *
 * @param {Drawing} name
 */
export function drawNow(name) {
  drawers[name]?.forEach((draw) => draw());
}

/** @param {...Drawing} names what to draw again with the next frame */
export function redraw(...names) {
  names.forEach((name) => wanted.add(name));
  if (wanted.size) frame ||= requestAnimationFrame(drawFrame);
}

/**
 * The one way in which the state changes from outside a frame.
 *
 * @param {Partial<typeof state>} changes
 * @param {...Drawing} names what shows them
 */
export function change(changes, ...names) {
  Object.assign(state, changes);
  redraw(...names);
}

export const shownClass = () => state.preview ?? state.isolated;

/** The view whose opacity the toolbar sets. */
export const opacityOf = () => (state.view === "compare" ? "overlay" : state.view);

export const classView = () => state.view === "overlay" || state.view === "labels";
