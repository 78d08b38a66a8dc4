// @ts-check
// The photos of this visit, the oldest first, and who follows them.

import { panels } from "../../run.js";
import { mark } from "../../server.js";

/** @typedef {"kept" | "waiting" | "sending" | "asked" | "done" | "stopped" | "failed"} Status */

/**
 * @typedef {object} Shot a photo of this visit
 * @property {string} id
 * @property {string} name
 * @property {string} example empty for a visitor's own photo
 * @property {Blob | null} file null where the browser has not got it
 * @property {string} path where the server has it, empty before it was sent
 * @property {string} run the store's key, empty before it was looked at
 * @property {string} thumb an address, empty while there is no small picture
 * @property {Status} status
 * @property {string} message why it failed
 * @property {number} answered networks
 * @property {number} of so many
 * @property {import("../../wire.d.ts").PhotoNumbers | null} numbers
 * @property {string} [counted] the answers that the numbers are of
 * @property {number} [time] when it came, for what is kept
 * @property {number} [batch] photos that came together
 * @property {Promise<void> | null} [sent]
 */

/** @type {{shots: Shot[], current: Shot | null}} */
export const visit = { shots: [], current: null };

/**
 * @param {Partial<Shot>} known
 * @returns {Shot}
 */
export function newShot(known) {
  const shot = {
    id: mark(),
    name: "",
    example: "",
    file: null,
    path: "",
    run: "",
    thumb: "",
    status: /** @type {Status} */ ("waiting"),
    message: "",
    answered: 0,
    of: 0,
    numbers: null,
    time: Date.now(),
    ...known,
  };
  visit.shots.push(shot);
  return shot;
}

/** @param {Shot} shot */
export function dropShot(shot) {
  visit.shots = visit.shots.filter((other) => other !== shot);
  URL.revokeObjectURL(shot.thumb);
  if (visit.current === shot) visit.current = null;
  visitChanged();
}

export const isBusy = (/** @type {Shot} */ { status }) => ["waiting", "sending", "asked"].includes(status);

export const shotOfRun = (/** @type {string | null} */ run) => visit.shots.find((shot) => run && shot.run === run);

/** How far the networks are with the photo that is shown. */
export const shownPanels = () => panels().map(({ id, status, message }) => ({ id, status, message }));

const THUMB = 112;

/**
 * A small picture of what the browser can read; without one the strip has the name alone.
 *
 * @param {Shot} shot
 * @param {ImageBitmapSource | null} source
 */
export async function paintThumb(shot, source) {
  if (!source || shot.thumb) return;
  const bitmap = await createImageBitmap(source).catch(() => null);
  if (!bitmap) return;
  const scale = Math.min(1, THUMB / Math.min(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(Math.min(bitmap.width * scale, 2 * THUMB))),
    Math.max(1, Math.round(Math.min(bitmap.height * scale, 2 * THUMB))),
  );
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0, bitmap.width * scale, bitmap.height * scale);
  bitmap.close();
  shot.thumb = URL.createObjectURL(await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 }));
  visitChanged();
}

/** @type {(() => void)[]} */
const followers = [];

let frame = 0;

/** @param {() => void} follow called with the next frame after a change */
export function onVisit(follow) {
  followers.push(follow);
}

export function visitChanged() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    followers.forEach((follow) => follow());
  });
}
