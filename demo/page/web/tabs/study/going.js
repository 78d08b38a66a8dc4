// @ts-check
// A study that goes on: photo by photo sent, answered in the line of all visitors, and told as a row.

import { page } from "../../page.js";
import { replyOf } from "../../server.js";
import { redraw } from "../../state.js";

/** @typedef {import("../../wire.d.ts").StudyRow} StudyRow */
/** @typedef {Pick<StudyRow, "name" | "run" | "path" | "numbers"> & {file: File | null}} Measured */

export const going = {
  /** the server's, empty before a study has begun */ key: "",
  /** @type {Measured[]} */ rows: [],
  /** @type {string[]} photos that have no answers, and why */ faults: [],
  total: 0,
  /** photos that were come to */ done: 0,
  on: false,
  /** whether it was cancelled */ stopped: false,
  /** what it does just now, or why it does not go on */ words: "",
  /** milliseconds, when the first photo was asked for */ since: 0,
};

const AGAIN = 5;

const changed = () => redraw("tab:study");

const isZip = (/** @type {File} */ { name, type }) => /\.zip$/i.test(name) || type === "application/zip";

const said = (/** @type {any} */ error) => String(error?.message ?? error).replace(/\.$/, "");

/** @type {(() => void)[]} */
let waiting = [];

const worked = () => new Promise((/** @type {(value?: any) => void} */ done) => waiting.push(done));

/** The server's event has ended. */
export function wake() {
  const woken = waiting;
  waiting = [];
  woken.forEach((done) => done());
}

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** What the server says; how it failed, as a sentence. */
const ask = (/** @type {object} */ question) => replyOf(page.server.study(question), "try again");

/** @param {File[]} files photos, or one zip of photos */
export async function startStudy(files) {
  if (going.on || !files.length) return;
  const zips = files.filter(isZip);
  if (zips.length && files.length > 1) return say("A study takes photos or one zip; choose one of the two.");
  if (going.key) ask({ what: "end", study: going.key });
  Object.assign(going, { key: "", rows: [], faults: [], total: 0, done: 0, on: true, stopped: false, since: 0 });
  try {
    await (zips.length ? ofZip(zips[0]) : ofPhotos(files));
  } finally {
    going.on = false;
    changed();
  }
}

function say(/** @type {string} */ words) {
  going.words = words;
  changed();
}

async function ofZip(/** @type {File} */ file) {
  say(`Sending ${file.name} ...`);
  const path = await sent(file).catch((error) =>
    say(`${file.name} could not be sent (${said(error)}); give a smaller one.`),
  );
  if (path && (await begin({ what: "zip", path, name: file.name }))) await through(going.total, () => null);
}

async function ofPhotos(/** @type {File[]} */ files) {
  if (await begin({ what: "begin", names: files.map(({ name }) => name) }))
    await through(files.length, (i) => files[i]);
}

async function begin(/** @type {object} */ question) {
  const { study, names, message } = await ask(question);
  if (!study) say(message);
  else Object.assign(going, { key: study, total: names.length, since: Date.now() });
  return Boolean(study);
}

const sent = async (/** @type {File} */ file) => (await page.upload(file)).path;

/**
 * @param {number} total
 * @param {(place: number) => File | null} fileAt
 */
async function through(total, fileAt) {
  let following = upload(fileAt(0));
  for (let place = 0; place < total && !going.stopped; place++) {
    say("");
    const { path, error } = await following;
    following = upload(place + 1 < total ? fileAt(place + 1) : null);
    if (error) going.faults.push(`${fileAt(place).name} could not be sent (${said(error)}); give a smaller file.`);
    else if (!(await answered(place, path, fileAt(place)))) return;
    if (!going.stopped) going.done += 1;
  }
  say(going.stopped ? `Cancelled: ${going.rows.length} of ${total} photos are measured.` : "");
}

/**
 * A file on its way, whose failure is told when its turn has come.
 *
 * @param {File | null} file
 * @returns {Promise<{path?: string, error?: any}>}
 */
async function upload(file) {
  try {
    return { path: file ? await sent(file) : "" };
  } catch (error) {
    return { error };
  }
}

/**
 * Whether the study can go on after this photo.
 *
 * @param {number} place
 * @param {string} path
 * @param {File | null} file
 */
async function answered(place, path, file) {
  let before = -1;
  for (let tries = 0; tries < AGAIN && !going.stopped;) {
    const over = worked();
    page.trigger("study_work", { study: going.key, place, path });
    await over;
    const row = await ask({ what: "row", study: going.key, place });
    if (row.place === undefined || row.fault) {
      say(row.fault || row.message);
      return false;
    }
    if (row.numbers || row.message) {
      if (row.numbers) going.rows.push({ ...row, file });
      else going.faults.push(row.message);
      return true;
    }
    if (row.answered > before) tries = 0;
    else {
      tries += 1; // the line was full, or the connection broke
      await pause(1000 * tries);
    }
    before = row.answered;
  }
  if (!going.stopped) say("The networks did not answer; start the study again in a few minutes.");
  return going.stopped;
}

/** No further network is asked; what is measured stays. */
export function cancelStudy() {
  going.stopped = true;
  going.words = "Cancelling: the network that computes answers still ...";
  wake();
  changed();
}

/** What a study may have; null where the server does not say. */
export async function limits() {
  const { photos, megabytes, unpacked } = await ask({ what: "limits" });
  return photos ? { photos, megabytes, unpacked } : null;
}

/** @param {"report" | "data"} what */
export const fetchStudy = (what) => ask({ what, study: going.key });
