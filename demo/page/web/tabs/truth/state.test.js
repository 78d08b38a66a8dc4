import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "../../page.js";
import { run } from "../../run.js";
import { changePhoto, isOfExample, judged } from "./state.js";

globalThis.requestAnimationFrame = () => 0;

const truth = [
  {
    name: "sky",
    corners: [
      [0, 0],
      [9, 0],
      [9, 5],
    ],
  },
];
page.examples = /** @type {any} */ ([
  { name: "mountain", truth },
  { name: "cat", truth: [] },
]);

/** Shows a photo; the truth that is to be given for it. */
function show(id, example) {
  Object.assign(run, { id, example });
  const source = changePhoto();
  judged.source = source; // as giveTruth does once the server has read it
  return source;
}

test("an example brings its truth, and is judged by it as if it had been painted", () => {
  assert.equal(show("a", "mountain").regions, truth);
  assert.deepEqual([judged.mode, judged.regions, isOfExample()], ["paint", truth, true]);
});

test("what a visitor goes on drawing changes neither the example nor its truth", () => {
  judged.regions.pop().corners.pop();
  assert.deepEqual([truth.length, truth[0].corners.length], [1, 3]);
});

test("what a visitor has given for an example is there again instead", () => {
  judged.source = { regions: [] };
  show("b", "cat");
  assert.deepEqual([judged.regions, judged.source], [[], null]);
  show("a", "mountain");
  assert.deepEqual([judged.regions, isOfExample()], [[], false]);
});

test("another example and a visitor's own photo bring none", () => {
  assert.deepEqual([show("c", ""), judged.regions, isOfExample()], [null, [], false]);
});
