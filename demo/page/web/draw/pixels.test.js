import assert from "node:assert/strict";
import { test } from "node:test";
import { PATTERNS, rgba, shade } from "./colours.js";
import { colour, hatch, outline } from "./pixels.js";

const map = (width, values) => ({ width, height: values.length / width, values: Uint8Array.from(values) });
const [RED, BLUE, INK, LIGHT] = [rgba(255, 0, 0), rgba(0, 0, 255), rgba(12, 17, 23), rgba(255, 255, 255)];

test("each value gets its colour", () => {
  const pixels = new Uint32Array(4);
  colour(map(2, [1, 0, 0, 1]), Uint32Array.of(RED, BLUE), pixels);
  assert.deepEqual([...pixels], [BLUE, RED, RED, BLUE]);
});

test("hatching outlines where the class changes, and not between hidden classes", () => {
  const [plain, hidden] = [new Uint32Array(3), new Uint32Array(3)];
  hatch(map(3, [0, 0, 1]), Uint32Array.of(RED, BLUE), new Uint8Array(2), plain);
  hatch(map(3, [0, 0, 1]), new Uint32Array(2), new Uint8Array(2), hidden);
  assert.deepEqual([...plain], [RED, INK, BLUE]);
  assert.deepEqual([...hidden], [0, 0, 0]);
});

test("a class has the pattern of its rank", () => {
  const pixels = new Uint32Array(256);
  const side = 16; // at this width a tile of 16 goes into ten pixels
  hatch(map(side, new Array(256).fill(0)), Uint32Array.of(RED), Uint8Array.of(2), pixels);
  const expected = (x, y) => (PATTERNS[2][((y * 1.6) & 15) * 16 + ((x * 1.6) & 15)] ? shade(RED) : RED);
  assert.deepEqual(
    [...pixels],
    Array.from(pixels, (_, i) => expected(i % side, Math.floor(i / side))),
  );
  assert.equal(new Set(pixels).size, 2);
});

test("a region has a light line around it, a dark one around that, and keeps its inside", () => {
  const pixels = new Uint32Array(25);
  const values = new Array(25).fill(0);
  values[12] = 3; // the middle
  outline(map(5, values), 3, pixels);
  const [o, l, d] = [0, LIGHT, INK];
  assert.deepEqual([...pixels], [o, o, d, o, o, o, o, l, o, o, d, l, o, l, d, o, o, l, o, o, o, o, d, o, o]);
});

test("an outline does not go round the picture's edge", () => {
  const pixels = new Uint32Array(6);
  outline(map(3, [0, 0, 5, 0, 0, 0]), 5, pixels);
  assert.deepEqual([...pixels], [INK, LIGHT, 0, 0, 0, LIGHT]);
});
