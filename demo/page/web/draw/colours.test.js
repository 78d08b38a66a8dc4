import assert from "node:assert/strict";
import { test } from "node:test";
import { PATTERNS, css, doubt, hex, rgba, shade } from "./colours.js";

test("a pixel lies in memory as red, green, blue and opacity", () => {
  const pixels = new Uint32Array([rgba(1, 2, 3), rgba(255, 254, 253, 0)]);
  assert.deepEqual([...new Uint8Array(pixels.buffer)], [1, 2, 3, 255, 255, 254, 253, 0]);
});

test("a colour is read and written as CSS has it", () => {
  assert.deepEqual(hex("#ff8000"), [255, 128, 0]);
  assert.equal(css([1, 2, 3]), "rgb(1 2 3)");
});

test("one colour always means the same doubt", () => {
  assert.deepEqual(
    [true, false].map((high_is_doubt) => doubt({ high_is_doubt }, 0.2)),
    [0.2, 0.8],
  );
});

test("shading darkens light colours, lightens dark ones, and keeps the opacity", () => {
  const light = (pixel) => (pixel & 255) + ((pixel >> 8) & 255) + ((pixel >> 16) & 255);
  const [bright, dim] = [rgba(250, 240, 230), rgba(20, 10, 30, 7)];
  assert.ok(light(shade(bright)) < light(bright) && light(shade(dim)) > light(dim));
  assert.equal(shade(dim) >>> 24, 7);
});

test("eight patterns differ from each other, and the first is plain", () => {
  assert.equal(new Set(PATTERNS.map(String)).size, 8);
  assert.ok(PATTERNS.every((tile) => tile.length === 256) && !PATTERNS[0].includes(1));
});
