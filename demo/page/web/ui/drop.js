// @ts-check
// A photo may be dropped or pasted anywhere; it goes the way of a chosen file.

import { page } from "../page.js";
import { typing } from "./keys.js";
import { notify } from "./notice.js";

/** @param {File} file */
function hand(file) {
  /** @type {HTMLInputElement} */
  const input = document.querySelector("#photo input[type=file]");
  const carrier = new DataTransfer();
  if (!input) return;
  carrier.items.add(file);
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {DataTransfer} data */
function firstFile(data) {
  const files = [...(data?.files ?? [])];
  if (files.length > 1)
    notify(`${files.length} files came at once, and the page takes one at a time: ${files[0].name} was taken.`);
  return files[0];
}

/** @param {DragEvent} event */
const isElsewhere = ({ target }) => target instanceof Element && target.closest("#photo, [data-own-drop]");

/** @param {DragEvent} event */
const onPlace = ({ target }) => target instanceof Element && target.closest("#photo");

export function listenForPhotos() {
  const mark = (on) => page.element.classList.toggle("dropping", on);
  document.addEventListener("paste", (event) => {
    if (typing(event.target)) return;
    const file = firstFile(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    hand(file);
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
    const file = firstFile(event.dataTransfer);
    if (!file) return;
    event.preventDefault();
    hand(file);
  });
  // Gradio's own place for photos takes the first of several as well, and lets nobody know
  document.addEventListener("drop", (event) => onPlace(event) && firstFile(event.dataTransfer), true);
}
