// @ts-check
// The crosshair and the question behind it: which probabilities does each model give here?

import { nameOf } from "../draw/classes.js";
import { clamp, sample } from "../draw/sampling.js";
import { hear } from "../events.js";
import { page } from "../page.js";
import { photoPoint, run } from "../run.js";
import { replyOf } from "../server.js";
import { change, redraw, state } from "../state.js";
import { announce } from "./live.js";

let asked = 0;
let sent = null;

/** @param {import("../run.js").Point} point */
export function inspect(point) {
  state.arrival = null; // the pixel of the link has been asked for, or the visitor was sooner
  change({ pin: point }, "glass", "link");
  clearTimeout(asked);
  asked = setTimeout(question, 30);
}

export function cancelInspection() {
  clearTimeout(asked);
}

async function question() {
  const pin = state.pin;
  const id = run.id;
  if (!pin || !id) {
    latest = { rows: [] };
    redraw("glass");
    return;
  }
  const models = [...run.cards.values()].filter((card) => card.panel.status === "done").map((card) => card.panel.id);
  const place = photoPoint(pin);
  const mark = (sent = {});
  const answer = await replyOf(page.server.pixel({ run: id, x: place.x, y: place.y, models }), "try the pixel again");
  if (mark !== sent) return; // another pixel, or none
  latest = { rows: [], ...place, ...answer };
  redraw("glass");
}

/** @typedef {import("../wire.d.ts").PixelReply} PixelReply */

/** @type {PixelReply & {x?: number, y?: number, message?: string}} the last answer, and where */
export let latest = { rows: [] };

hear("point", ({ x, y }) => inspect({ x, y }));

export function moveCross(dx, dy) {
  const from = state.pin ?? { x: Math.floor(run.width / 2), y: Math.floor(run.height / 2) };
  const pin = { x: clamp(from.x + dx, 0, run.width - 1), y: clamp(from.y + dy, 0, run.height - 1) };
  change({ pin, hover: null }, "glass", "link");
  const said = [...run.cards.values()]
    .filter((card) => card.labels)
    .map((card) => `${card.panel.title}: ${nameOf(card.panel.class_set, sample(card.labels.map, pin.x, pin.y))}`);
  announce(said.join(", "));
}

export function clearCross() {
  clearTimeout(asked);
  sent = null;
  latest = { rows: [] };
  change({ pin: null, hover: null }, "glass", "link");
}
