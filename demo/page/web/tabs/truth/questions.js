// @ts-check
// The truth goes to the server, which counts by it, model by model.

import { readGrey } from "../../draw/files.js";
import { Painting } from "../../draw/painting.js";
import { make } from "../../elements.js";
import { page } from "../../page.js";
import { finished, run } from "../../run.js";
import { replyOf } from "../../server.js";
import { drawNow } from "../../state.js";
import { paintErrors, paintTruth } from "./paint.js";
import { changePhoto, judged, keyNow, say, truthNow } from "./state.js";
import { paintFlags } from "./vocabulary.js";

/** Another photo has its own truth, if any; another answer is judged like the others. */
export function followTruth() {
  if (judged.run !== run.id) {
    const source = changePhoto();
    drawNow("tab:truth");
    if (source) giveTruth(source);
  } else if (judged.truth && finished().some(({ id }) => !judged.rows.has(id) && !judged.pending)) judgeAll();
}

export const askServer = (what, source, more = {}) =>
  replyOf(
    page.server.truth({ run: run.id, what, source: { ...source, set: judged.set }, name: run.name, ...more }),
    "try again",
  );

/**
 * Saves one file of the truth in force.
 *
 * @param {string} file its name in the download
 */
export async function saveFile(file) {
  say(`Making ${file} ...`, judged.message);
  const { name, url, message } = await replyOf(page.server.truth({ ...truthNow(), what: "file", file }), "try again");
  say("", message ?? "");
  if (url) make("a", { href: url, download: name }).click();
}

/** What was shown stays until the new truth is known to be one. */
export async function giveTruth(source) {
  const id = run.id;
  const turn = ++judged.asked;
  say("Reading the truth ...");
  const reply = await askServer("truth", source);
  if (id !== run.id || turn !== judged.asked) return; // a later truth has made this one idle
  if (reply.message) {
    say("", reply.message);
    return;
  }
  Object.assign(judged, { source, truth: reply, turn: judged.turn + 1 });
  const map = await readGrey({ url: reply.map });
  if (source !== judged.source) return;
  judged.painting = new Painting(map);
  paintTruth();
  judgeAll();
}

/** Quick numbers of all models first, then those that need all probabilities. */
export async function judgeAll() {
  const key = keyNow();
  const { source, band } = judged;
  const current = () => key === keyNow();
  judged.pending = true;
  for (const panel of finished()) {
    if (judged.rows.get(panel.id)?.key === key) continue;
    say(`Judging ${panel.title} ...`, judged.message); // why a later truth was refused stays to be read
    const reply = await askServer("model", source, { model: panel.id, band });
    if (!current()) return;
    if (reply.message) {
      judged.rows.set(panel.id, { key, message: reply.message });
      continue;
    }
    const row = { ...reply, key, painting: new Painting(await readGrey({ url: reply.map })) };
    if (!current()) return;
    judged.rows.set(panel.id, row);
    paintErrors(row);
    drawNow("tab:truth");
  }
  const consistency = await askServer("consistency", source, { band });
  if (!current()) return;
  judged.consistency = consistency.pairs ?? null;
  for (const panel of finished()) {
    const row = judged.rows.get(panel.id);
    if (!row?.scores?.unknown?.pixels || row.flags) continue;
    say(`Looking for what ${panel.title} has no word for ...`, judged.message);
    const { maps } = await askServer("flags", source, { model: panel.id, band });
    const read = async ([id, url]) => [id, new Painting(await readGrey({ url }))];
    const flags = Object.fromEntries(await Promise.all(Object.entries(maps ?? {}).map(read)));
    if (!current()) return;
    row.flags = flags;
    paintFlags(row);
    drawNow("tab:truth");
  }
  for (const panel of finished()) {
    const row = judged.rows.get(panel.id);
    if (!row?.scores || row.proper) continue;
    say(`Adding up the probabilities of ${panel.title} ...`, judged.message);
    const reply = await askServer("proper", source, { model: panel.id, band });
    if (!current()) return;
    row.proper = reply.numbers ?? [];
    drawNow("tab:truth");
  }
  judged.pending = false;
  say("", judged.message);
  followTruth(); // a network may have answered meanwhile
}
