import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSEST, WHOLE, centred, frameIn, panned, wheelFactor, within, zoomedAt } from "./zoom.js";

const BOX = { width: 400, height: 300 };
const PICTURE = { width: 200, height: 100 };

/** Where a point of the picture (0..1) lies in the box. */
const shownAt = (zoom, u, v) => {
  const { scale, left, top } = frameIn(BOX, PICTURE, zoom);
  return [left + u * PICTURE.width * scale, top + v * PICTURE.height * scale];
};
const near = ([a, b], [c, d]) => assert.ok(Math.hypot(a - c, b - d) < 1e-9, `${[a, b]} is not ${[c, d]}`);

test("the whole picture is as large as goes in, in the middle", () => {
  assert.deepEqual(frameIn(BOX, PICTURE, WHOLE), { scale: 2, left: 0, top: 50 });
});

test("a picture leaves no edge empty that it could fill", () => {
  assert.deepEqual(frameIn(BOX, PICTURE, { k: 2, x: 0, y: 0 }), { scale: 4, left: 0, top: 0 });
  assert.deepEqual(frameIn(BOX, PICTURE, { k: 2, x: 1, y: 1 }), { scale: 4, left: -400, top: -100 });
});

test("what lies under the pointer stays there", () => {
  const before = { k: 4, x: 0.5, y: 0.5 };
  const [px, py] = shownAt(before, 0.45, 0.55);
  near(shownAt(zoomedAt(BOX, PICTURE, before, 7, px, py), 0.45, 0.55), [px, py]);
});

test("zooming out again shows the whole", () => {
  assert.deepEqual(zoomedAt(BOX, PICTURE, { k: 4, x: 0.3, y: 0.6 }, 1, 10, 20), WHOLE);
});

test("pushing moves the picture by as many pixels of the box, up to its edge", () => {
  const before = { k: 8, x: 0.5, y: 0.5 };
  const [x, y] = shownAt(before, 0.5, 0.5);
  near(shownAt(panned(BOX, PICTURE, before, 30, -20), 0.5, 0.5), [x + 30, y - 20]);
  near(shownAt(panned(BOX, PICTURE, before, 1e6, 1e6), 0, 0), [0, 0]);
});

test("the zoom has an end at both ends", () => {
  assert.deepEqual([within(0.2), within(5), within(99)], [1, 5, CLOSEST]);
  const { x, y } = centred(BOX, PICTURE, { k: 2, x: -3, y: 3 });
  assert.deepEqual([x, y], [0.25, 0.625]);
});

test("a notch of the wheel zooms by 15 percent in whatever the browser counts, and fingers are followed", () => {
  const turn = (deltaY, ctrlKey = false, deltaMode = 0) => wheelFactor({ deltaY, ctrlKey, deltaMode });
  for (const factor of [turn(-120), turn(-120, true), turn(-3, false, 1), turn(-100, true)])
    assert.ok(Math.abs(factor - 1.15) < 1e-9, String(factor));
  assert.ok(Math.abs(turn(-4, true) - Math.exp(0.04)) < 1e-9);
  assert.ok(Math.abs(turn(-120) * turn(120) - 1) < 1e-9);
});
