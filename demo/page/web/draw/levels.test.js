import assert from "node:assert/strict";
import { test } from "node:test";
import { countLevels, extent, hiddenShare, hides } from "./levels.js";

const LEVELS = 64;
const counted = (values) => countLevels({ width: values.length, height: 1, values: Uint8Array.from(values) });

test("the extent is from the lowest to the highest step of all maps", () => {
  assert.deepEqual(extent([counted([7, 9]), counted([5, 40, 9])], LEVELS), [5, 40]);
});

test("an extent is never empty, and without maps it is the whole scale", () => {
  assert.deepEqual(extent([], LEVELS), [0, 63]);
  assert.deepEqual(extent([counted([63, 63])], LEVELS), [62, 63]);
  assert.deepEqual(extent([counted([0])], LEVELS), [0, 1]);
});

test("a threshold hides one side of it, or nothing", () => {
  assert.deepEqual(
    [hides(0.2, 0.5, "below"), hides(0.2, 0.5, "above"), hides(0.2, null, "below")],
    [true, false, false],
  );
});

test("the hidden share counts the pixels of one map", () => {
  const counts = counted([0, 10, 20, 63]);
  const cut = 19.5 / 63;
  assert.equal(hiddenShare(counts, LEVELS, cut, "below"), 0.5);
  assert.equal(hiddenShare(counts, LEVELS, cut, "above"), 0.5);
  assert.equal(hiddenShare(counts, LEVELS, null, "above"), 0);
});
