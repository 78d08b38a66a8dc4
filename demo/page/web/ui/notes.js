// @ts-check
// What a number means, by tap and by key: a button with a note opens it beside itself, Escape or a click elsewhere
// closes it.

import { make } from "../elements.js";
import { announce } from "./live.js";

export const noteBox = make("div", { class: "zoo-note-box", popover: "auto" });

/**
 * Words that explain themselves.
 *
 * @param {string} text
 * @param {string} note
 * @param {...Node} more what stands in the button besides
 */
export const noted = (text, note, ...more) =>
  note ? make("button", { type: "button", class: "zoo-note", "data-note": note, title: note }, text, ...more) : text;

/** @type {HTMLElement | null} whose note is open */
let button = null;

function place() {
  const { left, bottom, top } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = noteBox;
  const below = bottom + 6 + height <= innerHeight;
  Object.assign(noteBox.style, {
    left: `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`,
    top: `${below ? bottom + 6 : top - 6 - height}px`,
  });
}

document.addEventListener("click", ({ target }) => {
  const wanted = target instanceof Element ? /** @type {HTMLElement} */ (target.closest("[data-note]")) : null;
  if (!wanted) return;
  button = wanted;
  noteBox.textContent = button.dataset.note;
  noteBox.showPopover();
  place();
  announce(button.dataset.note);
});

const close = () => noteBox.matches(":popover-open") && noteBox.hidePopover();

addEventListener("scroll", () => noteBox.matches(":popover-open") && place(), { passive: true });

// before the panels' own keys, for which Escape means something else
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !noteBox.matches(":popover-open")) return;
    close();
    event.stopPropagation();
  },
  true,
);
