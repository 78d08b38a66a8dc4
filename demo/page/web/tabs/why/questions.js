// @ts-check
// The networks are asked one after another, each in its turn among all visitors.

import { readGrey } from "../../draw/files.js";
import { Painting } from "../../draw/painting.js";
import { page } from "../../page.js";
import { finished, photoPoint, run } from "../../run.js";
import { mark, replyOf } from "../../server.js";
import { redraw, state } from "../../state.js";
import { asked } from "./state.js";

/** @type {Promise<void>} what the server is at, of which it takes one at a time */
let working = Promise.resolve();

let ended = () => {};

/** The server has ended what it was at, well or not. */
export const worked = () => ended();

const ask = (question) => replyOf(page.server.why(question), "ask again");

/** Has the server do one network's part, after what it is still at. */
function work(question) {
  working = working.then(
    () =>
      new Promise((resolve) => {
        ended = resolve;
        page.trigger("why_work", question);
      }),
  );
  return working;
}

/**
 * @param {object} question of one network
 * @returns {Promise<import("./state.js").Row>}
 */
async function answerTo(question) {
  let reply = await ask(question);
  if (reply.known === false) {
    await work(question);
    reply = await ask(question);
  }
  if (reply.known === false) return { message: "It was not asked: too many are waiting. Ask again in a moment." };
  const map = reply.map ? await readGrey({ url: reply.map }).catch(() => null) : null;
  return { ...reply, painting: map && new Painting(map) };
}

export async function askAll() {
  if (!state.pin || !run.id) return;
  const turn = mark();
  const { kind, over, name } = asked;
  const question = { run: run.id, ...photoPoint(state.pin), kind, over, name };
  const models = finished().map((panel) => panel.id);
  Object.assign(asked, { question, models, rows: new Map(), mark: turn });
  for (const model of models) {
    asked.busy = model;
    redraw("tab:why");
    const row = await answerTo({ ...question, model, mark: turn });
    if (asked.mark !== turn) return;
    asked.rows.set(model, row);
  }
  Object.assign(asked, { busy: "", mark: "" });
  redraw("tab:why");
}

/** No further network is asked, and the one that is being asked gives up. */
export function stopAsking() {
  if (asked.mark) ask({ stop: asked.mark });
  Object.assign(asked, { busy: "", mark: "" });
  redraw("tab:why");
}

/** Another photo is looked at: nothing of the last one is wanted any more. */
export function followRun() {
  if (asked.question && asked.question.run !== run.id) {
    stopAsking();
    Object.assign(asked, { question: null, models: [], rows: new Map() });
  }
  redraw("tab:why");
}
