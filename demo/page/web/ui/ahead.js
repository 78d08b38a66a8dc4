// @ts-check
// What the views that are not shown yet will draw, made while nobody waits for anything.

import { pictureAt } from "../draw/painting.js";
import { fieldTable } from "../draw/tables.js";
import { onRun, run, unfinished } from "../run.js";
import { state } from "../state.js";
import { grid } from "./cards.js";
import { mapByKey } from "./compare.js";

/** @type {(() => void)[]} each short enough that a hand that comes meanwhile does not notice it */
let tasks = [];

const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));

function next() {
  tasks.shift()?.();
  if (tasks.length) idle(next);
}

onRun(() => {
  if (!run.photo || unfinished().length) return;
  const begun = tasks.length > 0;
  tasks = [...run.cards.values()].flatMap(({ labels, fields, surface }) => [
    () => labels?.places, // of the names in Labels
    () => fields?.[state.measure]?.paint(fieldTable(state.measure)).drawnAt(surface.canvas.width),
  ]);
  for (const key of [state.left, state.right]) {
    const { base, map } = mapByKey(key);
    tasks.push(
      () => map?.drawnAt(swipeWidth()),
      () => pictureAt(base, swipeWidth()),
    );
  }
  if (!begun) idle(next);
});

/** About as wide as the swipe's picture will be on the screen: its height is bounded, as the style has it. */
const swipeWidth = () => {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  return ratio * Math.min(grid.clientWidth, (0.72 * innerHeight * run.width) / run.height);
};
