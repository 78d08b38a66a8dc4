// @ts-check
// The photo with the box that a visitor draws on it, by pointer; by keyboard the box is typed.

import { make, makeSvg } from "../../elements.js";
import { run } from "../../run.js";
import { askPreview } from "./questions.js";
import { kindNow, parts, whatIf } from "./state.js";
import { redraw } from "../../state.js";

const FIELDS = ["x", "y", "width", "height"];

/** The photo, its box, and what happens to it: `fill` shows what there is now. */
export function makePhoto() {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const rect = makeSvg("rect", { class: "zoo-what-box" });
  const glass = makeSvg("svg", { "aria-hidden": "true" }, rect);
  const frame = make("div", { class: "zoo-what-photo" }, canvas, glass);
  /** @type {number[] | null} where the drag began */
  let start = null;
  const at = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const [w, h] = sizeNow();
    const inside = (value, end) => Math.round(Math.min(1, Math.max(0, value)) * end);
    return [inside((event.clientX - left) / width, w), inside((event.clientY - top) / height, h)];
  };
  frame.addEventListener("pointerdown", (event) => {
    if (!kindNow()?.box || event.button > 0) return;
    start = at(event);
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  frame.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = at(event);
    whatIf.box = [Math.min(x, start[0]), Math.min(y, start[1]), Math.abs(x - start[0]), Math.abs(y - start[1])];
    redraw("tab:what_if");
  });
  frame.addEventListener("pointerup", () => {
    if (!start) return;
    start = null;
    askPreview();
  });
  return Object.assign(frame, { canvas, glass, rect });
}

/** The size at which the photo is changed. */
export function sizeNow() {
  const { preview, told } = whatIf;
  if (preview) return [preview.photo_width, preview.photo_height];
  const scale = Math.min(1, (told?.short_side ?? 512) / Math.min(run.photoWidth, run.photoHeight));
  return [Math.round(run.photoWidth * scale), Math.round(run.photoHeight * scale)];
}

export function fillPhoto() {
  const { canvas, glass, rect } = parts.photo;
  const [width, height] = sizeNow();
  if (run.photo && (canvas.run !== run.id || canvas.width !== width)) {
    Object.assign(canvas, { width, height, run: run.id });
    canvas.getContext("2d").drawImage(run.photo, 0, 0, width, height);
  }
  const box = kindNow()?.box ? whatIf.box : null;
  parts.photo.classList.toggle("drawing", Boolean(kindNow()?.box));
  glass.setAttribute("viewBox", `0 0 ${width} ${height}`);
  rect.style.display = box ? "" : "none";
  if (box) FIELDS.forEach((name, i) => rect.setAttribute(name, String(box[i])));
}

/** Four numbers, which are the box for whoever draws none. */
export function makeFields() {
  const inputs = FIELDS.map((name, i) => {
    const input = make("input", {
      type: "number",
      class: "zoo-input",
      min: 0,
      onchange: () => {
        const box = [...(whatIf.box ?? [0, 0, 0, 0])];
        box[i] = Number(input.value);
        whatIf.box = box;
        askPreview();
        redraw("tab:what_if");
      },
    });
    return make("label", {}, make("span", {}, name), input);
  });
  const row = make("div", { class: "zoo-what-fields", role: "group", "aria-label": "The box in pixels" }, ...inputs);
  return Object.assign(row, { inputs: inputs.map((label) => label.lastChild) });
}

export function fillFields() {
  parts.fields.hidden = !kindNow()?.box;
  parts.fields.inputs.forEach((input, i) => {
    if (document.activeElement !== input) input.value = String(whatIf.box?.[i] ?? "");
  });
}
