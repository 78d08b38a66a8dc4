import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../../run.js";
import { closes, cornerAt, isOutside, readCorners } from "./polygon.js";

Object.assign(run, { width: 100, height: 50, photoWidth: 1000, photoHeight: 500 });

test("a corner is a pixel's middle, and at the photo's edge the edge itself", () => {
  assert.deepEqual(cornerAt({ x: 50, y: 20 }), [505, 205]);
  assert.deepEqual(cornerAt({ x: 1, y: 0 }), [0, 0]);
  assert.deepEqual(cornerAt({ x: 98, y: 49 }), [1000, 500]);
});

test("a corner near the first one closes a polygon of at least three", () => {
  const corners = [
    [100, 100],
    [300, 100],
    [300, 300],
  ];
  assert.ok(closes(corners, [104, 103]));
  assert.ok(!closes(corners, [110, 100]));
  assert.ok(!closes(corners.slice(0, 2), [100, 100]));
});

test("typed corners are read however they are set apart", () => {
  assert.deepEqual(readCorners("10,20 200 20, 200.5,140"), [
    [10, 20],
    [200, 20],
    [200.5, 140],
  ]);
  assert.deepEqual(readCorners("ten, twenty"), []);
});

test("a corner beside the photo is found, one on its edge is not", () => {
  assert.deepEqual(
    [
      [0, 0],
      [1000, 500],
      [-1, 5],
      [5, 501],
    ].map(isOutside),
    [false, false, true, true],
  );
});
