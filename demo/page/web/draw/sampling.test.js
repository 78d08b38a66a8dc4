import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../run.js";
import { clamp, coarser, sample, splitFields, stepFor } from "./sampling.js";

test("a number is kept within bounds", () => {
  assert.deepEqual(
    [-1, 0.5, 3].map((value) => clamp(value, 0, 1)),
    [0, 0.5, 1],
  );
});

test("the measures' fields are parts of the one map that was sent", () => {
  const stack = { width: 2, height: 3, values: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const { entropy, confidence, margin } = splitFields(stack, ["entropy", "confidence", "margin"]);
  assert.deepEqual([...entropy.values, entropy.width, entropy.height], [1, 2, 2, 1]);
  assert.deepEqual(
    [[...confidence.values], [...margin.values]],
    [
      [3, 4],
      [5, 6],
    ],
  );
  assert.equal(margin.values.buffer, stack.values.buffer);
});

test("a map of the grid's own size is read value for value", () => {
  Object.assign(run, { width: 3, height: 2 });
  const map = { width: 3, height: 2, values: Uint8Array.of(0, 1, 2, 3, 4, 5) };
  const all = [...map.values].map((_, i) => sample(map, i % 3, Math.floor(i / 3)));
  assert.deepEqual(all, [...map.values]);
});

test("a coarser map is read where a pixel's middle lies", () => {
  Object.assign(run, { width: 4, height: 1 });
  const map = { width: 2, height: 1, values: Uint8Array.of(7, 9) };
  assert.deepEqual(
    [0, 1, 2, 3].map((x) => sample(map, x, 0)),
    [7, 7, 9, 9],
  );
});

test("a coarser map has the pixels in the middle of each step, also where it does not divide the map", () => {
  const map = { width: 5, height: 3, values: Uint8Array.from({ length: 15 }, (_, i) => i) };
  assert.deepEqual(coarser(map, 2), { width: 3, height: 2, values: Uint8Array.of(6, 8, 9, 11, 13, 14) });
  assert.equal(coarser(map, 1), map);
});

test("at least two pixels are left for one that is drawn, and none is left out of what is drawn large", () => {
  for (const ratio of [0.5, 1, 3, 3.99]) assert.equal(stepFor(ratio), 1);
  for (const ratio of [4, 5, 7.9, 8, 50]) assert.ok(stepFor(ratio) > 1 && ratio / stepFor(ratio) >= 2);
});
