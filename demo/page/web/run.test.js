import assert from "node:assert/strict";
import { test } from "node:test";
import { finished, onRun, photoPoint, run, runChanged, titleOf, unfinished } from "./run.js";

const card = (id, status) => [id, { panel: { id, status, title: id.toUpperCase() } }];

test("a pixel of the grid stands for one of the photo, and the last one for the last", () => {
  Object.assign(run, { width: 4, height: 3, photoWidth: 400, photoHeight: 301 });
  assert.deepEqual(photoPoint({ x: 0, y: 0 }), { x: 50, y: 50 });
  assert.deepEqual(photoPoint({ x: 3, y: 2 }), { x: 350, y: 250 });
  Object.assign(run, { photoWidth: 2, photoHeight: 1 });
  assert.deepEqual(photoPoint({ x: 3, y: 2 }), { x: 1, y: 0 });
});

test("models have answered, will answer, or will not", () => {
  run.cards = new Map([card("a", "done"), card("b", "running"), card("c", "failed"), card("d", "queued")]);
  assert.deepEqual(
    [finished(), unfinished().map(({ panel }) => panel)].map((some) => some.map(({ id }) => id)),
    [["a"], ["b", "d"]],
  );
  assert.deepEqual([titleOf("a"), titleOf("z")], ["A", "z"]);
});

test("who follows the run hears of it", () => {
  let heard = 0;
  onRun(() => heard++);
  runChanged();
  assert.equal(heard, 1);
});
