// @ts-check
// The address bar always holds a link to what is shown; a photo of the visitor's own never gets into it.

import { measureOf, measures } from "../draw/classes.js";
import { clamp } from "../draw/sampling.js";
import { emit, hear } from "../events.js";
import { finished, photoPoint, run } from "../run.js";
import { onDraw, redraw, state } from "../state.js";
import { inspect } from "./inspect.js";
import { VIEWS } from "./view.js";

const query = new URLSearchParams(location.search);

/** The pixel a link points at, once its photo has been answered. */
export function arrive() {
  const { x, y, pixel } = state.arrival;
  state.arrival = null;
  redraw("link");
  if (pixel && finished().length && Number.isFinite(x) && Number.isFinite(y)) {
    inspect({
      x: clamp(Math.floor((x * run.width) / run.photoWidth), 0, run.width - 1),
      y: clamp(Math.floor((y * run.height) / run.photoHeight), 0, run.height - 1),
    });
  }
}

onDraw("link", () => {
  if (state.arrival || !run.id) return;
  const link = new URL(location.href);
  const place = state.pin && photoPoint(state.pin);
  const put = (key, value) =>
    value === null || value === "" ? link.searchParams.delete(key) : link.searchParams.set(key, value);
  const own = !run.example;
  put("example", run.example || null);
  put("models", own ? null : [...run.cards.keys()].join(","));
  put("set", null);
  put("view", state.view === "overlay" ? null : state.view);
  put("measure", state.view === "uncertainty" && state.measure !== measures()[0].id ? state.measure : null);
  put("palette", state.palette === "distinct" ? null : state.palette);
  put("x", own || !place ? null : place.x);
  put("y", own || !place ? null : place.y);
  if (link.href !== location.href) history.replaceState(history.state, "", link.href.replaceAll("%2C", ","));
});

hear("arrived", () => {
  if (query.get("example")) emit("run");
});

/** @type {(table: object, key: string) => any} what the link says, if the table has it */
const named = (table, key) => Object.keys(table).find((name) => name === query.get(key));

export function followLink() {
  if (query.get("example"))
    state.arrival = { x: Number(query.get("x")), y: Number(query.get("y")), pixel: query.has("x") && query.has("y") };
  state.view = named(VIEWS, "view") ?? state.view;
  state.measure = measureOf(query.get("measure"))?.id ?? state.measure;
  if (query.get("palette") === "official") state.palette = "official";
}
