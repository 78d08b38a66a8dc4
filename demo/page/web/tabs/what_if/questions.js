// @ts-check
// The server is asked for the changed photo, and has the networks answer it: one a call, in the line of all visitors.

import { readGrey } from "../../draw/files.js";
import { make } from "../../elements.js";
import { page } from "../../page.js";
import { finished, run } from "../../run.js";
import { replyOf } from "../../server.js";
import { redraw } from "../../state.js";
import { announce } from "../../ui/live.js";
import { changeNow, changePhoto, kindNow, parts, whatIf } from "./state.js";
import { changeWords, sumUp } from "./words.js";

const ask = (what, more = {}) => replyOf(page.server.what_if({ run: run.id, what, ...more }), "try again");

let turn = 0;
let pause = 0;

/** Another photo begins anew; what is not seen asks nothing. */
export async function followPhoto() {
  if (whatIf.run !== run.id) changePhoto(run.id);
  const seen = parts.all?.offsetParent;
  redraw("tab:what_if");
  if (!seen || !run.id || !finished().length) return;
  if (!whatIf.told) {
    const told = await replyOf(page.server.what_if({ what: "kinds" }), "try again");
    if (told.kinds) whatIf.told = /** @type {any} */ (told);
  }
  const { names } = await ask("names");
  if (names && whatIf.run === run.id) {
    whatIf.names = names;
    if (!names.includes(whatIf.name)) whatIf.name = names[0] ?? "";
  }
  if (!whatIf.preview) askPreview();
  redraw("tab:what_if");
}

/** The photo as it would be, a moment after the last move of a slider. */
export function askPreview() {
  const now = ++turn;
  clearTimeout(pause);
  pause = setTimeout(async () => {
    const change = changeNow();
    if (!change || !run.id) return;
    if (kindNow().box && !whatIf.box) placeBox();
    const reply = await ask("preview", { change: changeNow() });
    if (now !== turn) return;
    whatIf.message = reply.message ?? "";
    if (reply.url) {
      whatIf.preview = /** @type {any} */ (reply);
      whatIf.picture = await pictureOf(reply.url);
    }
    redraw("tab:what_if");
  }, 120);
}

/** The middle of the photo, until the visitor draws a box. */
function placeBox() {
  const scale = Math.min(1, whatIf.told.short_side / Math.min(run.photoWidth, run.photoHeight));
  const [width, height] = [Math.round(run.photoWidth * scale), Math.round(run.photoHeight * scale)];
  whatIf.box = [width >> 2, height >> 2, width >> 1, height >> 1];
}

/** @param {string} url */
async function pictureOf(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode().catch(() => {});
  return picture;
}

/** @type {(() => void) | null} */
let ended = null;

export function worked() {
  const tell = ended;
  ended = null;
  tell?.();
}

/** @param {object} detail */
const have = (detail) =>
  new Promise((/** @type {(value?: any) => void} */ done) => {
    ended = done;
    page.trigger("what_if_work", detail);
  });

/** @param {"" | "change" | "ladder"} busy */
function say(busy, doing = "") {
  Object.assign(whatIf, { busy, doing });
  redraw("tab:what_if");
}

/** Every network answers the changed photo, the ones that have answered the photo itself. */
export async function askNetworks() {
  const change = changeNow();
  if (!change || whatIf.busy) return;
  const id = run.id;
  Object.assign(whatIf, { stop: false, message: "", answered: whatIf.picture, words: changeWords() });
  whatIf.rows.clear();
  const panels = finished();
  for (const [number, panel] of panels.entries()) {
    say("change", `${panel.title} looks at the changed photo (${number + 1} of ${panels.length}) ...`);
    const reply = await answerOf(id, panel.id, change);
    if (id !== run.id) break;
    if (reply) whatIf.rows.set(panel.id, reply);
    if (whatIf.stop) break;
  }
  say("");
  if (id === run.id) announce(whatIf.stop ? "Stopped." : sumUp());
}

/**
 * @param {string} id of the run
 * @param {string} model
 * @param {object} change
 * @returns {Promise<import("./state.js").Row | null>}
 */
async function answerOf(id, model, change) {
  for (let calls = 0; calls < 3; calls++) {
    await have({ run: id, model, change });
    if (id !== run.id) return null;
    const reply = await ask("answer", { model, change });
    if (reply.message) return { message: reply.message };
    if (reply.after) {
      const [before, after, marks] = await Promise.all(
        [reply.before, reply.after, reply.marks].map((url) => readGrey({ url })),
      );
      return { reply: /** @type {any} */ (reply), before, after, marks };
    }
    if (whatIf.stop) return null;
    if (!reply.again) break;
  }
  return { message: "The server did not get to it; press “Ask the networks” again." };
}

/** Rung by rung, network after network; what is known already is not asked for again. */
export async function climb() {
  if (whatIf.busy) return;
  const id = run.id;
  whatIf.stop = false;
  say("ladder", "The ladder begins ...");
  await look();
  const climbed = new Set();
  for (;;) {
    const panel = finished().find(({ id: model }) => !climbed.has(model)); // those too that answer meanwhile
    if (!panel) break;
    climbed.add(panel.id);
    if (whatIf.ladder?.left[panel.id] === undefined) await look();
    let before = Infinity;
    for (;;) {
      const left = whatIf.ladder?.left[panel.id] ?? 0;
      if (!left || left === before || whatIf.stop || id !== run.id) break;
      before = left;
      say("ladder", ladderWords(panel));
      await have({ run: id, model: panel.id });
      if (id === run.id) await look();
    }
    if (whatIf.stop || id !== run.id) break;
  }
  say("");
  if (id === run.id)
    announce(whatIf.stop ? "The ladder is stopped; what was answered stays." : "The ladder is climbed.");
}

/** @param {import("../../run.js").Panel} panel */
function ladderWords(panel) {
  const { left, rungs_each: each } = whatIf.ladder;
  const all = finished().length * each;
  const open = finished().reduce((sum, { id }) => sum + (left[id] ?? 0), 0);
  return `${panel.title} climbs: ${all - open} of ${all} answers ...`;
}

async function look() {
  const reply = await ask("ladder");
  if (reply.rungs) whatIf.ladder = /** @type {any} */ (reply);
  else whatIf.message = reply.message ?? "";
  redraw("tab:what_if");
}

/** @param {"png" | "svg" | "pdf"} kind of file: the ladder's curves on one sheet */
export async function saveFigure(kind) {
  parts.saved.textContent = "Drawing ...";
  const models = finished().map(({ id }) => id);
  const { name, url, message } = await ask("figure", { models, name: run.name, kind });
  parts.saved.textContent = message ?? `${name} is saved where this browser puts downloads.`;
  if (url) make("a", { href: url, download: name }).click();
}

export function stopWork() {
  whatIf.stop = true;
  if (whatIf.busy) say(whatIf.busy, "Stopping after this network ...");
}
