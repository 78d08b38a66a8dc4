// @ts-check
// Regions: corners one by one, then the class; everything also by keys or by typing coordinates.

import { namesOf } from "../../draw/classes.js";
import { run } from "../../run.js";
import { askServer, giveTruth } from "./questions.js";
import { closes, isOutside, readCorners } from "./polygon.js";
import { NONE, forgetTruth, judged, parts, say } from "./state.js";

const spoken = (name) => name.toLowerCase().split(/\s+/).join(" ");

/** @param {import("./state.js").Corner} corner */
export function addCorner(corner) {
  if (closes(judged.open, corner)) {
    closeRegion();
    return;
  }
  if (String(judged.open.at(-1)) !== String(corner)) judged.open.push(corner);
  say(judged.busy);
}

export function closeRegion() {
  const name = parts.name.value.trim();
  const corners = judged.open;
  if (corners.length < 3) {
    say(
      judged.busy,
      `A region needs at least three corners; there ${corners.length === 1 ? "is 1" : `are ${corners.length}`}. ` +
        "Click more corners on the photo, or type them.",
    );
    return;
  }
  if (!name) {
    say(judged.busy, "Name the region's class first; the field suggests the names there are.");
    parts.name.focus();
    return;
  }
  const known = [NONE, ...namesOf(judged.set)].find((one) => spoken(one) === spoken(name));
  if (!known) {
    refuse(name);
    return;
  }
  judged.regions.push({ name: known, corners });
  judged.open = [];
  giveRegions();
}

/** The server says which names are near; the region stays open, unless it was closed or cleared meanwhile. */
async function refuse(name) {
  const corners = judged.open;
  const { message } = await askServer("class", {}, { name });
  if (judged.open !== corners || !message) return;
  say(judged.busy, message);
  parts.name.focus();
}

function giveRegions() {
  if (judged.regions.length) giveTruth({ regions: judged.regions.map(({ name, corners }) => ({ name, corners })) });
  else {
    judged.asked++;
    if (judged.source?.regions) forgetTruth();
    say("");
  }
}

export function undoCorner() {
  if (judged.open.length) {
    judged.open.pop();
    say(judged.busy);
    return;
  }
  if (judged.regions.length) {
    judged.open = judged.regions.pop().corners;
    giveRegions();
  }
}

export function clearRegions() {
  Object.assign(judged, { open: [], regions: [] });
  giveRegions();
}

/** @param {string} text as a visitor types it; true when there is nothing wrong with it */
export function typeCorners(text) {
  const found = readCorners(text);
  const outside = found.find(isOutside);
  if (!found.length) {
    say(judged.busy, "Type corners as pairs x,y, such as 10,20 200,20 200,140.");
    return false;
  }
  if (outside) {
    say(
      judged.busy,
      `The corner ${outside.join(",")} lies outside the photo; x goes to ${run.photoWidth}, y to ${run.photoHeight}.`,
    );
    return false;
  }
  judged.open.push(...found);
  say(judged.busy);
  return true;
}
