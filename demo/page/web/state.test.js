import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { change, drawNow, onDraw, redraw, shownClass, state } from "./state.js";

const frames = [];
globalThis.requestAnimationFrame = (draw) => frames.push(draw);

/** What is drawn in the next frame. */
const nextFrame = () => frames.splice(0).forEach((draw) => draw());

const drawn = [];
for (const name of ["paint", "glass", "layout", "draw"]) onDraw(name, () => drawn.push(name));

beforeEach(() => {
  nextFrame();
  drawn.length = 0;
});

test("a frame draws each drawing once, recolouring before drawing before the crosshair", () => {
  redraw("glass", "paint");
  redraw("draw", "paint", "layout");
  assert.deepEqual([frames.length, drawn], [1, []]);
  nextFrame();
  assert.deepEqual(drawn, ["layout", "paint", "draw", "glass"]);
});

test("what a drawing asks for comes with the same frame, or with the next where its turn is over", () => {
  onDraw("toolbar", () => redraw("layout", "draw"));
  redraw("toolbar");
  nextFrame();
  assert.deepEqual(drawn, ["draw"]);
  nextFrame();
  assert.deepEqual(drawn, ["draw", "layout"]);
});

test("a drawing that fails keeps no later one from its frame", () => {
  let fails = true;
  onDraw("legend", () => {
    if (fails) throw new Error("no legend");
  });
  redraw("legend", "draw");
  assert.throws(nextFrame, /no legend/);
  fails = false;
  nextFrame();
  assert.deepEqual(drawn, ["draw"]);
});

test("a change is there at once and drawn later", () => {
  change({ isolated: 4 }, "paint");
  assert.deepEqual([state.isolated, shownClass(), drawn], [4, 4, []]);
  change({ preview: 0 });
  assert.equal(shownClass(), 0);
  nextFrame();
  assert.deepEqual(drawn, ["paint"]);
});

test("several may draw under one name, in the order in which they came", () => {
  onDraw("tab:truth", () => drawn.push("first"));
  onDraw("tab:truth", () => drawn.push("second"));
  drawNow("tab:truth");
  assert.deepEqual(drawn, ["first", "second"]);
});

test("a tab draws after the toolbar and before the pictures, whichever tab it is", () => {
  for (const name of /** @type {const} */ (["link", "tab:anybody's", "legend"])) onDraw(name, () => drawn.push(name));
  redraw("link", "tab:anybody's", "legend");
  nextFrame();
  assert.deepEqual(drawn, ["legend", "tab:anybody's", "link"]);
});
