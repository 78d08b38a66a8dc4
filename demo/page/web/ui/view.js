// @ts-check
// Which view is shown, and the blink between two maps.

import { surfaces } from "../draw/surface.js";
import { change, state } from "../state.js";

export const VIEWS = { overlay: "Overlay", labels: "Labels", uncertainty: "Uncertainty", compare: "Compare" };

export function setView(view) {
  if (!VIEWS[view]) return;
  clearInterval(blinker);
  const held = document.activeElement?.closest(".zoo-grid, .zoo-stage");
  change({ view, bare: false, blink: null }, "layout", "legend", "paint", "toolbar", "glass", "link");
  if (held) requestAnimationFrame(() => keepFocus(held)); // what is hidden would drop it
}

/** @type {Element | null} the picture of the grid that Compare took the focus from */
let before = null;

/** @param {Element} held what had the focus within it */
function keepFocus(held) {
  if (!(/** @type {HTMLElement} */ (held).hidden)) return;
  const shown = [...surfaces].filter(({ box, visible }) => visible && box.closest(".zoo-grid, .zoo-stage"));
  const next = shown.find(({ box }) => box === before) ?? shown[0];
  before = document.activeElement.closest(".zoo-surface");
  next?.box.focus({ preventScroll: true });
}

let blinker = 0;

/** In the swipe the two maps alternate; in the grid the photo shows bare. */
export function blinking(on) {
  clearInterval(blinker);
  if (state.view !== "compare") {
    change({ bare: on }, "draw", "glass");
    return;
  }
  const next = () => change({ blink: state.blink === state.right ? state.left : state.right }, "draw", "toolbar");
  if (!on) {
    change({ blink: null }, "draw", "toolbar");
    return;
  }
  next();
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) blinker = setInterval(next, 450);
}

export function swapSides() {
  change({ left: state.right, right: state.left }, "paint", "toolbar");
}

/** For other parts of the page: two models' label maps side by side. */
export function showPair(left, right) {
  change({ left: `${left}:labels`, right: `${right}:labels` });
  setView("compare");
}
