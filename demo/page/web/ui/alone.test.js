import assert from "node:assert/strict";
import test from "node:test";

import { answerAt } from "./alone.js";

const kept = {
  model: "fcn",
  title: "FCN",
  family: "cnn",
  class_set: "ade20k",
  top: 2,
  url: "",
  measures: [{ id: "entropy", low: 1, high: 3 }],
};

// two cells; of each: two classes, their probabilities in two bytes each, the entropy in two bytes
const values = Uint8Array.from([
  ...[7, 2], // the likeliest class of either cell
  ...[4, 9], // the second
  ...[255, 128, 255, 0], // probability of the likeliest: high bytes, then low bytes
  ...[0, 64, 0, 0],
  ...[127, 0, 255, 0], // entropy: half of the way from 1 to 3, and none of it
]);

const told = (cell) => answerAt(kept, values, cell, 2, (key, index) => `${key} ${index}`);

test("classes, probabilities and measures of a cell are read from its bytes", () => {
  const { classes, entropy, measures, model } = told(0);
  assert.deepEqual(classes, [
    { index: 7, name: "ade20k 7", probability: 1 },
    { index: 4, name: "ade20k 4", probability: 0 },
  ]);
  assert.equal(model, "fcn");
  assert.ok(Math.abs(entropy - 2) < 1e-4 && measures.entropy === entropy);
});

test("each cell has its own", () => {
  const { classes, entropy } = told(1);
  assert.deepEqual([classes[0].index, classes[1].index, entropy], [2, 9, 1]);
  assert.ok(Math.abs(classes[0].probability - 0.5) < 1e-2 && Math.abs(classes[1].probability - 0.25) < 1e-2);
});
