// @ts-check
// One photo after the other: sent, looked at by the server, and answered - the first of several before the visitor's
// eyes, the others behind the one that is shown. What a visitor asks for goes first.

import { emit, hear } from "../../events.js";
import { page } from "../../page.js";
import { isUnfinished, run, unfinished } from "../../run.js";
import { mark, replyOf } from "../../server.js";
import { lastShown } from "../link.js";
import { announce } from "../live.js";
import { forget, forgetOne, keep, keptShots, sum } from "./kept.js";
import { dropShot, isBusy, newShot, paintThumb, shotOfRun, shownPanels, visit, visitChanged } from "./photos.js";

/** @typedef {import("./photos.js").Shot} Shot */

/** What is kept in this browser; null where nothing can be. */
export let kept = { count: 0, bytes: 0 };

/** Of the photos that came together, one is to be shown as soon as it is known to be one. */
let front = 0;

/** @type {{shot: Shot, turn: string, told: () => void} | null} what is answered behind the photo that is shown */
let behind = null;

/** @type {Map<string, (() => void)[]>} */
const waiting = new Map();

/** Until the server's event of that name has ended. */
const ended = (/** @type {string} */ name) =>
  new Promise((/** @type {(value?: any) => void} */ done) => waiting.set(name, [...(waiting.get(name) ?? []), done]));

function wake(/** @type {string} */ name) {
  const woken = waiting.get(name) ?? [];
  waiting.delete(name);
  woken.forEach((done) => done());
}

/** Until nothing runs that the visitor has asked for. */
async function idle() {
  while (run.turn) await ended("ran");
}

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** @param {File[]} files photos that came together */
export function addPhotos(files) {
  const batch = (front = Date.now());
  const shots = files.map((file, i) => newShot({ name: file.name, file, batch, time: Date.now() + i }));
  announce(`${files.length} photos are waiting to be answered.`);
  paintThumbs(shots);
  visitChanged();
  pump();
}

/** @param {Shot[]} shots */
async function paintThumbs(shots) {
  for (const shot of shots) await paintThumb(shot, shot.file);
}

const isNext = (/** @type {Shot} */ { status }) => status === "waiting" || status === "sending";

let pumping = false;

async function pump() {
  if (pumping) return;
  pumping = true;
  try {
    for (;;) {
      await idle();
      const [shot, following] = visit.shots.filter((one) => isNext(one) && one !== displaying);
      if (!shot) break;
      await take(shot, following);
      visitChanged();
    }
  } finally {
    pumping = false;
  }
  sayEnd();
}

function sayEnd() {
  const { shots } = visit;
  const count = (status) => shots.filter((shot) => shot.status === status).length;
  if (shots.length < 2 || count("stopped")) return; // the stop has been told
  const failed = count("failed");
  announce(`${count("done")} of ${shots.length} photos have answers${failed ? `; ${failed} could not be read` : ""}.`);
}

/**
 * @param {Shot} shot
 * @param {Shot | undefined} following
 */
async function take(shot, following) {
  if (!(await known(shot))) return;
  if (following) send(following).catch(() => {}); // told when its turn has come
  if (shot.status === "stopped" || !visit.shots.includes(shot)) return;
  if (front && shot.batch === front) {
    front = 0;
    await display(shot);
    await idle();
    // its answers came, or it was left for another photo and waits again
    if (shot.status === "sending") fail(shot, "The server did not show it; choose it to ask again.");
  } else await answerBehind(shot);
}

/**
 * Whether the server has the photo and can read it; otherwise the strip says why not.
 *
 * @param {Shot} shot
 */
async function known(shot) {
  if (!["done", "asked"].includes(shot.status)) shot.status = "sending";
  shot.message = "";
  visitChanged();
  const before = shot.path;
  for (const again of [false, true]) {
    if (!shot.path || again) {
      try {
        if (again) shot.sent = null;
        await send(shot);
      } catch (error) {
        fail(shot, `${shot.name} could not be sent (${said(error)}); choose it to try again, or give a smaller file.`);
        return false;
      }
    }
    const { run: key, message } = await replyOf(page.server.look({ path: shot.path }), "choose the photo again");
    if (key) {
      learn(shot, key);
      return visit.shots.includes(shot);
    }
    if (!again && shot.file && before) continue; // the server keeps no photo for long
    fail(shot, message);
    return false;
  }
  return false;
}

const said = (error) => String(error?.message ?? error).replace(/\.$/, "");

/**
 * @param {Shot} shot
 * @param {string} key
 */
function learn(shot, key) {
  const twin = visit.shots.find((other) => other !== shot && other.run === key);
  shot.run = key;
  if (twin && !twin.example) {
    // the same photo once more: the newer one takes the place of the older
    Object.assign(shot, { answered: twin.answered, of: twin.of, numbers: twin.numbers });
    if (visit.current === twin) visit.current = shot;
    forgetOne(twin.id);
    dropShot(twin);
  }
  keeping(shot);
}

async function keeping(/** @type {Shot} */ shot) {
  // said at once, as what is said of it has its place above the panels
  if (shot.file && kept && !kept.count) kept = { count: 1, bytes: shot.file.size };
  kept = await keep(shot);
  visitChanged();
}

/**
 * @param {Shot} shot
 * @returns {Promise<void>}
 */
function send(shot) {
  if (!shot.file) return Promise.reject(new Error("this browser has not got it any more"));
  shot.sent ??= page.upload(/** @type {File} */ (shot.file)).then(
    ({ path }) => {
      shot.path = path;
    },
    (error) => {
      shot.sent = null;
      throw error;
    },
  );
  return shot.sent;
}

/**
 * @param {Shot} shot
 * @param {string} message
 */
function fail(shot, message) {
  Object.assign(shot, { status: "failed", message });
  announce(message);
  visitChanged();
}

/** @param {Shot} shot */
async function answerBehind(shot) {
  const turn = mark();
  const told = new Promise((/** @type {(value?: any) => void} */ done) => (behind = { shot, turn, told: done }));
  Object.assign(shot, { status: "asked", answered: 0, of: 0 });
  visitChanged();
  const over = ended("answered");
  page.trigger("answer", { turn, path: shot.path });
  await over;
  await Promise.race([told, pause(5000)]); // a connection that broke tells nothing more
  behind = null;
  if (shot.status === "asked") fail(shot, `${shot.name}: the server did not answer; choose it to ask again.`);
}

hear("told", ({ turn, panels, message, over }) => {
  if (behind?.turn !== turn) return;
  const { shot, told } = behind;
  if (message) fail(shot, `${shot.name}: ${message}`);
  else if (over) settle(shot, panels);
  else count(shot, panels);
  if (over) told();
});

hear("answered", () => wake("answered"));
hear("showed", () => wake("showed"));
hear("ran", () => wake("ran")); // who waits looks again, once everybody has heard it

/**
 * @param {Shot} shot
 * @param {{status: string}[]} panels
 */
function count(shot, panels) {
  shot.answered = panels.filter(({ status }) => status === "done").length;
  shot.of = panels.length;
  visitChanged();
}

/**
 * The networks have had their say of a photo.
 *
 * @param {Shot} shot
 * @param {{id: string, status: string, message: string}[]} panels
 */
async function settle(shot, panels) {
  const stopped = !panels.length || panels.some(({ status }) => status === "stopped");
  count(shot, panels);
  if (!shot.answered && !stopped) {
    fail(shot, `${shot.name}: ${panels[0].message}`);
    return;
  }
  shot.status = stopped ? "stopped" : "done";
  const models = panels.filter(({ status }) => status === "done").map(({ id }) => id);
  const counted = [shot.run, ...models].join();
  if (!models.length || shot.counted === counted) return;
  shot.counted = counted;
  const reply = await replyOf(page.server.numbers({ run: shot.run, models }), "choose the photo again");
  if (reply.networks) shot.numbers = /** @type {import("../../wire.d.ts").PhotoNumbers} */ (reply);
  else shot.counted = "";
  keeping(shot);
}

/**
 * A photo that another part of the page has sent is shown, and is one of this visit's from then on.
 *
 * @param {{name: string, file: File | null, path: string, run: string}} photo
 */
export function openPhoto({ name, file, path, run: key }) {
  const shot = shotOfRun(key) ?? newShot({ name, file, path, run: key, status: "kept" });
  paintThumb(shot, file);
  visitChanged();
  return showShot(shot);
}

/** @type {Shot | null} the photo that the visitor wants to see */
let wanted = null;

let showing = false;

/** @type {Shot | null} the photo that is being brought up */
let displaying = null;

/** @param {Shot} shot to be shown now; of several asked for in a row the last one */
export async function showShot(shot) {
  front = 0;
  wanted = shot;
  if (showing) return;
  showing = true;
  try {
    while (wanted) {
      const next = wanted;
      wanted = null;
      if (next.run !== run.id || next.status === "failed") await display(next);
    }
  } finally {
    showing = false;
  }
  pump();
}

/** @param {Shot} shot */
async function display(shot) {
  displaying = shot;
  try {
    if (shot.example || (await known(shot))) await bringUp(shot);
  } finally {
    displaying = null;
  }
}

/** @param {Shot} shot */
async function bringUp(shot) {
  await leave();
  const turn = mark();
  const over = ended("showed");
  page.trigger("show", { turn, ...(shot.example ? { example: shot.example } : { path: shot.path }) });
  await over;
  for (let tries = 0; page.props.value?.turn !== turn && tries < 100; tries++) await pause(20);
  if (page.props.value?.turn !== turn) return; // its refusal is on the page
  if (!page.props.value.panels.some(isUnfinished)) return;
  shot.status = "asked";
  emit("run");
}

/** What is asked for of the photo that is shown goes on behind the next one. */
async function leave() {
  if (!run.turn) return;
  const shot = shotOfRun(run.id);
  run.left = run.turn;
  run.next = false;
  if (shot && unfinished().length) shot.status = "waiting";
  await replyOf(page.server.stop({ turn: run.turn, left: true }), "");
}

/** The run that is shown has changed. */
export function followRun() {
  if (!run.id) return;
  const shot = shotOfRun(run.id) ?? adopt();
  if (visit.current !== shot) visit.current = shot;
  paintThumb(shot, run.photo);
  if (!unfinished().length) {
    settle(shot, shownPanels());
  } else {
    shot.status = "asked";
    count(shot, shownPanels());
  }
  visitChanged();
}

/** @type {File | null} what has been handed to the photo's place */
let handed = null;

export function remember(/** @type {File} */ file) {
  handed = file;
  front = 0;
}

/**
 * The files that may be the photo of a run.
 *
 * @param {string} id the store's key
 * @returns {Blob[]}
 */
export function ownFiles(id) {
  return [handed, shotOfRun(id)?.file].filter(Boolean);
}

/** A photo that came by the page's own place for one. */
function adopt() {
  const { name, example, id } = run;
  const source = /** @type {HTMLImageElement | null} */ (document.querySelector("#photo img"))?.src ?? "";
  const path = decodeURIComponent(source.split("/file=")[1] ?? "");
  const same = path.split(/[\\/]/).at(-1) === name;
  const thumb = page.examples.find((one) => one.name === example)?.thumb ?? "";
  const shot = newShot({ name, example, thumb, run: id, path: same ? path : "", status: "asked" });
  if (example) return shot;
  if (handed) shot.file = handed;
  else if (same) fetchOwn(shot, source);
  handed = null;
  if (shot.file) keeping(shot);
  return shot;
}

/** A picture of the camera, or from the clipboard by Gradio's button: no file was chosen. */
async function fetchOwn(/** @type {Shot} */ shot, /** @type {string} */ source) {
  const reply = await fetch(source).catch(() => null);
  if (!reply?.ok) return;
  shot.file = new File([await reply.blob()], shot.name);
  keeping(shot);
}

/** Nothing more is asked; what has been answered stays. */
export async function stopQueue() {
  const open = visit.shots.filter(isBusy);
  const turn = behind?.turn;
  front = 0;
  for (const shot of open) if (shot !== behind?.shot) shot.status = "stopped";
  visitChanged();
  if (open.length > 1 || turn) {
    const done = visit.shots.filter(({ status }) => status === "done").length;
    announce(`Stopped: ${done} of ${visit.shots.length} photos have answers, ${open.length} have not.`);
  }
  if (turn) await replyOf(page.server.stop({ turn }), "");
}

/** What was stopped waits again, once the stop has come through: its last word would else undo this. */
export async function goOn() {
  while (run.turn || behind) await pause(50);
  for (const shot of visit.shots) if (["stopped", "kept"].includes(shot.status)) shot.status = "waiting";
  visitChanged();
  pump();
}

/** @param {Shot} shot */
export function removeShot(shot) {
  forgetOne(shot.id);
  dropShot(shot);
}

/** Own photos go from this browser, and from the strip but for the one that is shown. */
export async function forgetPhotos() {
  await forget();
  for (const shot of [...visit.shots])
    if (!shot.example && shot !== visit.current && shot !== behind?.shot) dropShot(shot);
  kept = { count: 0, bytes: 0 };
  announce("This browser keeps none of your photos any more.");
  visitChanged();
}

/** What earlier visits have left, before whatever this one has brought. */
export async function bringBack() {
  const found = await keptShots();
  kept = sum(found);
  const now = visit.shots;
  visit.shots = [];
  for (const shot of found)
    if (!now.some(({ run }) => run && run === shot.run)) newShot({ ...shot, status: shot.numbers ? "done" : "kept" });
  const old = [...visit.shots];
  visit.shots.push(...now);
  visitChanged();
  const last = shotOfRun(lastShown());
  if (last && !run.id) showShot(last);
  await paintThumbs(old);
}

hear("stop", stopQueue);

hear("revisit", ({ id }) => {
  const shot = shotOfRun(id);
  if (shot) showShot(shot);
});
