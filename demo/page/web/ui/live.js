// @ts-check
// What is said to those who listen to the page.

import { make } from "../elements.js";

export const live = make("div", { class: "zoo-live", "aria-live": "polite", role: "status" });

export const announce = (text) => {
  live.textContent = text;
};
