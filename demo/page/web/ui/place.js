// @ts-check
// Where a visitor stands in the line, while the run that was asked for has not begun.

import { hear } from "../events.js";
import { run } from "../run.js";
import { placeInLine } from "../wording.js";

/** @param {string} words */
function say(words) {
  const place = document.querySelector(".zoo-place");
  if (place && place.textContent !== words) place.textContent = words;
}

hear("place", ({ before, seconds }) => say(run.turn ? placeInLine(before, seconds) : ""));

for (const end of ["ran", "failed", "stop"]) hear(end, () => say(""));
