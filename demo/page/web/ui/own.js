// @ts-check
// A visitor's own photo, drawn from the file that this browser has: the server's copy need not be fetched.

/** @typedef {import("../wire.d.ts").View} View */

/** @type {WeakMap<Blob, Promise<string>>} */
const hashes = new WeakMap();

/** SHA-256 of a file, as the server names its run; empty where the browser computes none (a page without https). */
function hashOf(/** @type {Blob} */ file) {
  if (!hashes.has(file)) hashes.set(file, hash(file));
  return hashes.get(file);
}

async function hash(/** @type {Blob} */ file) {
  if (!crypto.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Server and browser decode a JPEG alike; of other kinds, transparency or more than 8 bits may come out otherwise. */
async function isJpeg(/** @type {Blob} */ file) {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0xff && second === 0xd8;
}

/**
 * The photo of a view from one of these files; null where none of them is it, or where something of it was ignored.
 *
 * @param {View} view
 * @param {Blob[]} files
 * @returns {Promise<ImageBitmap | null>}
 */
export async function ownPhoto(view, files) {
  if (!view.plain) return null;
  for (const file of files) {
    if (!(await isJpeg(file)) || (await hashOf(file)) !== view.run) continue;
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
    if (bitmap.width === view.photo_width && bitmap.height === view.photo_height) return bitmap;
    bitmap.close();
  }
  return null;
}
