import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../run.js";
import { clamp, sample, splitFields } from "./sampling.js";

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
