// @ts-check
// The keyboard. Single keys act only where nobody is typing.

import { zoomBy } from "../draw/surface.js";
import { make } from "../elements.js";
import { page } from "../page.js";
import { run } from "../run.js";
import { change, state } from "../state.js";
import { solo } from "./cards.js";
import { clearCross, inspect, moveCross } from "./inspect.js";
import { isolate } from "./legend.js";
import { showRegion } from "./regions.js";
import { blinking, setView, swapSides } from "./view.js";

const KEYS = [
  ["O  L  U  C", "Overlay, labels, uncertainty, compare"],
  ["1 … 9", "Go to a model's panel; in Compare: its map on the left, with Shift on the right"],
  ["Arrows", "Move the crosshair (with Shift by one pixel)"],
  ["Enter", "Inspect: every model's likeliest classes at the crosshair"],
  ["F", "Show the panel under the focus alone, and back"],
  ["B (hold)", "The bare photo; in Compare: the two maps in turn"],
  ["S", "In Compare: swap the two maps"],
  ["+  −  0", "Zoom in, out, whole picture"],
  ["Ctrl + wheel", "Zoom at the pointer, as two fingers do; once zoomed in, the wheel alone does"],
  ["Escape", "Clear: class, region, crosshair, panel alone, zoom"],
  ["Ctrl + V", "Paste a photo, anywhere on the page"],
  ["?", "These keys"],
];

export const keysDialog = make("dialog", { class: "zoo-dialog", "aria-label": "Keyboard shortcuts" });

export function makeKeys() {
  const known = KEYS.filter(([key]) => !page.alone || key !== "Ctrl + V");
  const rows = known.map(([key, what]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)));
  keysDialog.append(
    make("h2", {}, "Keys"),
    make("dl", {}, ...rows),
    make("form", { method: "dialog" }, make("button", { class: "zoo-button" }, "Close")),
  );
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => {
    if (event.key?.toLowerCase() === "b") blinking(false);
  });
  window.addEventListener("blur", () => {
    if (state.bare || state.blink) blinking(false);
  }); // the key is let go elsewhere
}

export const showKeys = () => keysDialog.showModal();

export const typing = (target) =>
  target.closest?.(
    "input:not([type=range]):not([type=radio]):not([type=checkbox]), " +
      "textarea, select, [contenteditable], dialog, [role=listbox]",
  );

const onRange = (target) => target.matches?.("input[type=range], input[type=radio], [role=tab], .zoo-class");

function onKey(event) {
  if (!event.key) return; // autofill has none
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "?") {
    event.preventDefault();
    showKeys();
    return;
  }
  if (!run.id) return;
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  action();
}

/** What a key does here, if anything. */
function actionOf(event) {
  const { key, shiftKey: shift, target } = event;
  const letter = key.toLowerCase();
  const digit = Number(/^(?:Digit|Numpad)([1-9])$/.exec(event.code ?? "")?.[1]);
  const view = { o: "overlay", l: "labels", u: "uncertainty", c: "compare" }[letter];
  const step = shift ? 1 : Math.max(1, Math.round(run.width / 64));
  const arrow = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[key];
  if (view && !shift) return () => setView(view);
  if (digit <= run.cards.size) return () => goTo([...run.cards.values()][digit - 1], shift);
  if (arrow && target.closest?.(".zoo-surface") && !onRange(target)) return () => moveCross(arrow[0], arrow[1]);
  if (key === "Enter" && target.matches?.(".zoo-surface"))
    return () => inspect(state.pin ?? { x: run.width >> 1, y: run.height >> 1 });
  if (key === "Escape") return clearNext;
  if (letter === "b") return () => event.repeat || blinking(true);
  if (letter === "s" && state.view === "compare") return swapSides;
  if (letter === "f" && state.view !== "compare")
    return () => solo(target.closest?.(".zoo-card")?.dataset.id ?? state.solo ?? "photo");
  if (key === "+" || key === "=") return () => zoomBy(1.6);
  if (key === "-") return () => zoomBy(1 / 1.6);
  if (key === "0") return () => zoomBy(1e-9);
  return null;
}

function goTo(card, right) {
  if (state.view === "compare") {
    change({ [right ? "right" : "left"]: `${card.panel.id}:labels` }, "paint", "toolbar");
    return;
  }
  if (state.solo) {
    change({ solo: card.panel.id }, "layout", "draw");
  }
  requestAnimationFrame(() => card.surface.box.focus());
}

/** One thing at a time, the innermost first. */
function clearNext() {
  if (state.isolated !== null) return isolate(state.isolated);
  if (state.region) return showRegion(0);
  if (state.pin) return clearCross();
  if (state.solo) return solo(state.solo);
  if (state.zoom.k > 1) zoomBy(1e-9);
}
