// @ts-check
// Photos may be dropped or pasted anywhere. One goes the way of a chosen file, several go to the queue.

import { page } from "../page.js";
import { typing } from "./keys.js";
import { addPhotos, remember } from "./visit/queue.js";

/** @param {File[]} files */
function take(files) {
  if (files.length > 1) addPhotos(files);
  else hand(files[0]);
}

/**
 * Gradio's place refuses what the browser knows no type of, as of HEIC and raw files: what those are, and what to do,
 * the server says.
 *
 * @param {File} file
 */
function hand(file) {
  const input = place();
  const carrier = new DataTransfer();
  if (!input) return;
  carrier.items.add(file.type ? file : new File([file], file.name, { type: "image/unknown" }));
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @type {() => HTMLInputElement | null} */
const place = () => document.querySelector("#photo input[type=file]");

/** As a click on the place for photos does: this one is in sight before the first photo, on a phone too. */
export const choosePhotos = () => place()?.click();

/** @param {DataTransfer} data */
const filesOf = (data) => [...(data?.files ?? [])];

/** @param {DragEvent} event */
const isElsewhere = ({ target }) => target instanceof Element && target.closest("#photo, [data-own-drop]");

const onPlace = ({ target }) => target instanceof Element && target.closest("#photo");

export function listenForPhotos() {
  const mark = (on) => page.element.classList.toggle("dropping", on);
  document.addEventListener("paste", (event) => {
    if (typing(event.target)) return;
    const files = filesOf(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files") || isElsewhere(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) mark(false);
  });
  document.addEventListener("dragend", () => mark(false));
  document.addEventListener("drop", (event) => {
    mark(false);
    if (isElsewhere(event)) return;
    const files = filesOf(event.dataTransfer);
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  // Gradio's own place for photos would take the first of several and let nobody know
  document.addEventListener(
    "drop",
    (event) => {
      const files = filesOf(event.dataTransfer);
      if (files.length === 1 && onPlace(event)) remember(files[0]);
      intercept(event, files);
    },
    true,
  );
  document.addEventListener(
    "change",
    (event) => {
      if (event.target !== place()) return;
      const files = [...place().files];
      if (files.length === 1) remember(files[0]);
      intercept(event, files);
    },
    true,
  );
  // its input takes one file; it is made anew now and then
  document.addEventListener("click", (event) => event.target === place() && (place().multiple = true), true);
}

/**
 * @param {Event} event
 * @param {File[]} files
 */
function intercept(event, files) {
  if (!files.length || !onPlace(event) || (files.length === 1 && files[0].type)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  page.element.classList.remove("dropping");
  take(files);
}
