import assert from "node:assert/strict";
import { test } from "node:test";
import { namePlaces } from "./names.js";

/** A map from rows of digits. */
const map = (...rows) => ({
  width: rows[0].length,
  height: rows.length,
  values: Uint8Array.from(rows.join(""), Number),
});

test("a name goes to the middle of its region", () => {
  const [place] = namePlaces(map("00000", "00000", "00000"));
  assert.deepEqual(place, { value: 0, x: 0.5, y: 0.5, room: 2 / 5 });
});

test("each piece of a class has its own place, the largest first, and no small piece has one", () => {
  const found = namePlaces(map("1110222", "1110222", "1110222", "0000222", "1000222"), 0.1);
  assert.deepEqual(
    found.map(({ value }) => value),
    [2, 0, 1],
  );
  const [, , one] = found;
  assert.deepEqual([Math.floor(one.x * 7), Math.floor(one.y * 5)], [1, 1]);
});

test("a place lies in its region where that is bent", () => {
  const bent = map("1111111", "1111111", "0000011", "0000011", "0000011");
  for (const { value, x, y } of namePlaces(bent)) {
    assert.equal(bent.values[Math.floor(y * 5) * 7 + Math.floor(x * 7)], value);
  }
});

test("what is no region has no name", () => {
  assert.deepEqual(namePlaces({ width: 2, height: 1, values: Uint8Array.of(255, 255) }), []);
});

test("a large map is searched on a coarser grid", () => {
  const [width, height] = [1600, 800];
  const values = new Uint8Array(width * height).map((_, i) => (i % width < 800 ? 3 : 4));
  const [left, right] = namePlaces({ width, height, values }).sort((a, b) => a.x - b.x);
  assert.deepEqual([left.value, right.value], [3, 4]);
  for (const [place, x] of [
    [left, 0.25],
    [right, 0.75],
  ])
    assert.ok(Math.abs(place.x - x) < 0.01 && Math.abs(place.y - 0.5) < 0.01 && Math.abs(place.room - 0.25) < 0.01);
});
