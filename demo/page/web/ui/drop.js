// @ts-check
// A photo may be dropped or pasted anywhere; it goes the way of a chosen file.

import { page } from "../page.js";
import { typing } from "./keys.js";

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
const firstFile = (data) => [...(data?.files ?? [])][0];

/** @param {DragEvent} event */
const isElsewhere = ({ target }) => target instanceof Element && target.closest("#photo, [data-own-drop]");

export function listenForPhotos() {
  const mark = (on) => page.element.classList.toggle("dropping", on);
  document.addEventListener("paste", (event) => {
    const file = firstFile(event.clipboardData);
    if (!file || typing(event.target)) return;
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
    const file = firstFile(event.dataTransfer);
    if (!file || isElsewhere(event)) return;
    event.preventDefault();
    hand(file);
  });
}
