import assert from "node:assert/strict";
import { test } from "node:test";
import {
  duration,
  fixed,
  fourDigits,
  millions,
  orNone,
  percent,
  placeInLine,
  score,
  shortCount,
  thousands,
  ticksOf,
  unbroken,
} from "./wording.js";

test("a tie goes to the even digit, and nothing else does", () => {
  assert.deepEqual(
    [0.125, 0.375, 2.5, -0.125, 0.5].map((value, i) => fixed(value, [2, 2, 0, 2, 0][i])),
    ["0.12", "0.38", "2", "-0.12", "0"],
  );
  assert.deepEqual(
    [fixed(2.675, 2), fixed(1.005, 2), fixed(0.1251, 2), fixed(1 / 3, 3)],
    ["2.67", "1.00", "0.13", "0.333"],
  );
});

test("a share has two digits that count", () => {
  assert.deepEqual([0.1234, 0.0342, 0.0042, 0.00056, 0.9968, 0.99999, 1, 0].map(percent), [
    "12 %",
    "3.4 %",
    "0.42 %",
    "0.056 %",
    "99.7 %",
    "99.9 %", // not all
    "100 %",
    "0 %",
  ]);
  assert.equal(score(0.48284), "48.3 %");
});

test("seconds are told as one would say them", () => {
  assert.deepEqual([0.0421, 0.9994, 1, 12.34].map(duration), ["42 ms", "999 ms", "1.0 s", "12.3 s"]);
});

test("counts are shortened where they are long", () => {
  assert.deepEqual([950, 3_712_000, 66_430_000].map(millions), ["950", "3.7 M", "66 M"]);
  assert.deepEqual([999, 12_345, 1_950_000].map(shortCount), ["999", "12 k", "1.9 M"]);
  assert.equal(thousands(1234567.4), "1,234,567");
});

test("what there is not is said", () => {
  assert.deepEqual([orNone(null), orNone(0.125)], ["n/a", "0.12"]);
  assert.equal(fourDigits(0.123456), "0.1235");
});

test("a number keeps its unit on its line", () => {
  assert.equal(unbroken("on 12 % and 3 %"), "on 12\u00a0% and 3\u00a0%");
});

test("a scale is marked at its quarters, or at whole numbers and its end", () => {
  const marks = (top) => ticksOf(top).map(([, text]) => text);
  assert.deepEqual(marks(1), ["0", "0.25", "0.5", "0.75", "1"]);
  assert.deepEqual(marks(16), ["0", "4", "8", "12", "16"]);
  assert.deepEqual(marks(Math.log(19)), ["0", "1", "2", "2.94"]);
  assert.deepEqual(marks(Math.log(7)), ["0", "1", "1.95"]);
});

test("a place in the line is said in words, and nothing when nobody is before", () => {
  assert.deepEqual(
    [placeInLine(3, 11.2), placeInLine(1, null), placeInLine(0, 4)],
    ["Waiting: 3 before you, about 12 s.", "Waiting: 1 before you.", ""],
  );
});
