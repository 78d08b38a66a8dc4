// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { addClassSet, classOf, classSet, nameOf, namesOf, sameName } from "./classes.js";
import { page } from "../page.js";

/** @type {(key: string, names: string[]) => import("../wire.d.ts").Classes} */
const told = (key, names) => ({
  key,
  title: key.toUpperCase(),
  names,
  distinct: names.map(() => "#102030"),
  official: names.map(() => "#405060"),
  supercategories: [],
  max_entropy: Math.log(names.length),
  offset: 0,
});

test("each class has one number over all sets", () => {
  assert.equal(addClassSet(told("one", ["wall", "sky"])), true);
  assert.equal(addClassSet(told("two", ["road", "sky", "car"])), true);
  assert.equal(addClassSet(told("two", ["road", "sky", "car"])), false);
  assert.deepEqual(page.names, ["wall", "sky", "road", "sky", "car"]);
  assert.equal(classOf("one", 1), 1);
  assert.equal(classOf("two", 2), 4);
  assert.deepEqual(page.palettes.distinct[4], [16, 32, 48]);
  assert.deepEqual(page.palettes.official[4], [64, 80, 96]);
});

test("a class of one set is another's by its name alone", () => {
  assert.equal(sameName(1, 3), true);
  assert.equal(sameName(0, 2), false);
});

test("names are those of the set, and none beyond it", () => {
  assert.equal(nameOf("two", 0), "road");
  assert.equal(nameOf("one", 2), "");
  assert.equal(nameOf("one", 255), "");
  assert.deepEqual(namesOf("two"), ["road", "sky", "car"]);
});

test("before a panel has answered, its set is the first", () => {
  assert.equal(classSet("").key, "one");
  assert.equal(classSet(undefined).key, "one");
});
