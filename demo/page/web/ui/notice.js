// @ts-check
// A sentence above the panels about what the visitor has just done; it stays through the run that comes of it.

import { make } from "../elements.js";
import { announce } from "./live.js";

const text = make("span", {});
const close = make("button", { type: "button", class: "zoo-tool", "aria-label": "Close", onclick: hide }, "×");

export const notice = make("p", { class: "zoo-notice", hidden: true }, text, close);

let fresh = false;

function hide() {
  notice.hidden = true;
}

/** @param {string} said */
export function notify(said) {
  text.textContent = said;
  notice.hidden = false;
  fresh = true;
  announce(said);
}

/** Another run is asked for: what was told of an earlier one is no news any more. */
export function forgetOld() {
  if (!fresh) hide();
  fresh = false;
  for (const toast of document.querySelectorAll(".toast-body .toast-close"))
    /** @type {HTMLElement} */ (toast).click();
}
