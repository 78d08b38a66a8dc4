// @ts-check
// The chosen region as each network sees it, beside its sentence: there it stays in view whatever is scrolled.

import { nameOf } from "../../draw/classes.js";
import { clamp, sample } from "../../draw/sampling.js";
import { classTable } from "../../draw/tables.js";
import { make } from "../../elements.js";
import { run } from "../../run.js";
import { state } from "../../state.js";
import { differing } from "./state.js";

/** @typedef {import("../../wire.d.ts").Region} Region */
/** @typedef {{x: number, y: number, width: number, height: number}} Crop on the grid on which the run is shown */

const [WIDTH, HEIGHT] = [176, 132]; // canvas pixels, drawn at half their size or more
const MARGIN = 0.3; // of the region's box, on each side

const strip = make("div", { class: "zoo-region-views" });

/** What the strip shows. @type {unknown[]} */
let shown = [];

/** @param {HTMLElement} list the regions, each a button in its own item */
export function placeViews(list) {
  const region = differing.reply?.regions?.[state.region - 1];
  const item = list.querySelector(`[data-region='${state.region}']`)?.parentElement;
  if (!region || !item) {
    strip.remove();
    shown = [];
    return;
  }
  const cards = differing.reply.models.map((id) => run.cards.get(id)).filter((card) => card?.labels);
  const now = [region, run.photo, run.outline, state.palette, cards.length];
  if (strip.parentElement === item && now.every((value, i) => value === shown[i])) return;
  shown = now;
  const crop = cropOf(region);
  strip.replaceChildren(...cards.map((card) => view(card, region, crop)));
  item.append(strip);
}

/**
 * The region's box with some of what is around it, in the views' shape where the photo is large enough.
 *
 * @param {Region} region
 * @returns {Crop}
 */
function cropOf({ box: [y0, x0, y1, x1] }) {
  const least = Math.min(run.width, run.height) / 8;
  const wide = Math.max(least, (x1 - x0) * (1 + 2 * MARGIN));
  const high = Math.max(least, (y1 - y0) * (1 + 2 * MARGIN));
  const width = Math.min(run.width, Math.max(wide, (high * WIDTH) / HEIGHT));
  const height = Math.min(run.height, Math.max(high, (wide * HEIGHT) / WIDTH));
  return {
    x: clamp((x0 + x1 - width) / 2, 0, run.width - width),
    y: clamp((y0 + y1 - height) / 2, 0, run.height - height),
    width,
    height,
  };
}

/**
 * @param {import("../../run.js").Card} card
 * @param {Region} region
 * @param {Crop} crop
 */
function view(card, { point: [y, x] }, crop) {
  const { title, class_set: key } = card.panel;
  const scale = Math.min(WIDTH / crop.width, HEIGHT / crop.height);
  const canvas = make("canvas", {
    width: Math.max(1, Math.round(crop.width * scale)),
    height: Math.max(1, Math.round(crop.height * scale)),
    "aria-hidden": "true",
  });
  const context = canvas.getContext("2d");
  put(context, run.photo, crop);
  context.globalAlpha = 0.6;
  context.drawImage(colours(card, crop, canvas), 0, 0);
  context.globalAlpha = 1;
  put(context, run.outline, crop);
  const said = nameOf(key, sample(card.labels.map, x, y));
  return make(
    "figure",
    { "data-view": card.panel.id },
    canvas,
    make("figcaption", {}, `${title} `, make("b", {}, said)),
  );
}

/** Draws what a picture of the whole photo, at any size, has inside the crop. */
function put(context, picture, { x, y, width, height }) {
  if (!picture) return;
  const [across, down] = [picture.width / run.width, picture.height / run.height];
  const { canvas } = context;
  context.drawImage(picture, x * across, y * down, width * across, height * down, 0, 0, canvas.width, canvas.height);
}

/**
 * A network's classes in their colours, whatever the panels show of them.
 *
 * @param {import("../../run.js").Card} card
 * @param {Crop} crop
 * @param {{width: number, height: number}} size
 */
function colours(card, crop, { width, height }) {
  const painted = new OffscreenCanvas(width, height);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const table = classTable(card.panel.class_set);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      pixels[i] =
        table[
          sample(
            card.labels.map,
            Math.floor(crop.x + ((x + 0.5) * crop.width) / width),
            Math.floor(crop.y + ((y + 0.5) * crop.height) / height),
          )
        ];
  painted.getContext("2d").putImageData(image, 0, 0);
  return painted;
}
