// @ts-check
// From the server's view to what is on the screen. Cards are kept while their model stays, so nothing flickers.

import { addClassSet, nameOf } from "../draw/classes.js";
import { publishPalette } from "../draw/tables.js";
import { fetchFile, readGrey } from "../draw/files.js";
import { Painting } from "../draw/painting.js";
import { splitFields } from "../draw/sampling.js";
import { bringUp } from "../elements.js";
import { page } from "../page.js";
import { isUnfinished, run, runChanged, unfinished } from "../run.js";
import { change, redraw, state } from "../state.js";
import { fillStatus, grid, makeCard, makePhotoCard, photoCard } from "./cards.js";
import { clearCross, inspect } from "./inspect.js";
import { addedLayers, placeLayers } from "./layers.js";
import { fillLegend } from "./legend.js";
import { arrive, enter, entered } from "./link.js";
import { announce } from "./live.js";
import { ownPhoto } from "./own.js";
import { toolbar } from "./toolbar.js";
import { ownFiles } from "./visit/queue.js";

/** @typedef {import("../wire.d.ts").View} View */
/** @typedef {import("../run.js").Card} Card */

/** Follows what the server shows now. */
export async function sync() {
  const view = page.props.value;
  if (!view?.run) return;
  const left = () => view.turn && view.turn === run.left;
  if (left()) return;
  if (view.turn === run.ended && view.panels.some(isUnfinished)) return; // came after the stop
  const fresh = view.run !== run.id;
  if (fresh) begin(view);
  Object.assign(run, {
    name: view.name,
    notes: view.notes,
    caution: view.caution,
    example: view.example,
    width: view.width,
    height: view.height,
    photoWidth: view.photo_width,
    photoHeight: view.photo_height,
  });
  if (view.class_sets.map(addClassSet).some(Boolean)) publishPalette();
  placeCards(view.panels);
  redraw("layout", "toolbar", "link");
  if (fresh) runChanged(); // what stands above the panels comes with them, so that they need not move for it
  const layers = placeLayers([...view.layers, ...addedLayers()]);
  await Promise.allSettled([...run.cards.values()].map(load).concat(layers, readPhoto(view)));
  if (left()) return; // while its maps were fetched: it goes on behind another photo
  page.element.dataset.done = String([...run.cards.values()].filter((card) => card.labels).length);
  if (state.arrival && run.cards.size && !unfinished().length && ![...run.cards.values()].some((card) => card.loading))
    arrive();
  runChanged();
}

/**
 * Another photo: the old one's maps and marks go.
 *
 * @param {View} view
 */
function begin(view) {
  enter(view.run);
  if (run.id) state.arrival = null;
  clearCross();
  Object.assign(run, { id: view.run, photo: null, grey: null, outline: null });
  run.cards.forEach((card) => {
    card.surface.drop();
    card.node.remove();
  });
  run.cards.clear();
  run.layers.clear();
  page.element.dataset.done = "0";
  change(
    {
      isolated: null,
      preview: null,
      zoom: { k: 1, x: 0.5, y: 0.5 },
      solo: null,
      first: "photo",
      region: 0,
      bare: false,
    },
    "layout",
    "glass",
  );
  entered();
  if (!photoCard) {
    makePhotoCard();
    grid.prepend(photoCard.node);
  }
  Object.assign(photoCard, { loading: false, lost: false });
  // the second frame comes when the start page is gone and the panels have their place
  if (matchMedia("(max-width: 760px)").matches && !page.alone)
    requestAnimationFrame(() => requestAnimationFrame(() => bringUp(toolbar)));
}

/** @param {View} view */
async function readPhoto(view) {
  const id = view.run;
  if (run.photo || photoCard.loading) return;
  photoCard.loading = true;
  const own = await ownPhoto(view, ownFiles(id)).catch(() => null);
  const bitmap =
    own ??
    (await fetchFile(view.photo)
      .then(createImageBitmap)
      .catch(() => null));
  if (run.id !== id) return;
  Object.assign(photoCard, { loading: false, lost: !bitmap });
  fillStatus(photoCard);
  if (!bitmap) return;
  run.photo = new OffscreenCanvas(view.width, view.height);
  const canvas = run.photo.getContext("2d");
  canvas.imageSmoothingQuality = "high"; // an own photo comes at its own size
  canvas.drawImage(bitmap, 0, 0, view.width, view.height);
  bitmap.close();
  run.grey = new OffscreenCanvas(view.width, view.height);
  const context = run.grey.getContext("2d");
  context.drawImage(run.photo, 0, 0);
  context.globalCompositeOperation = "saturation"; // grey, and a little darker, so that one class stands out
  context.fillStyle = "#808080";
  context.fillRect(0, 0, view.width, view.height);
  context.globalCompositeOperation = "source-over";
  context.fillStyle = "rgba(12,17,23,.35)";
  context.fillRect(0, 0, view.width, view.height);
  redraw("draw");
}

/** @param {import("../run.js").Panel[]} panels */
function placeCards(panels) {
  const old = new Map(run.cards);
  run.cards.clear();
  for (const panel of panels) {
    const card = old.get(panel.id) ?? makeCard(panel);
    const finished = card.panel.status !== "done" && panel.status === "done";
    old.delete(panel.id);
    card.panel = panel;
    run.cards.set(panel.id, card);
    grid.append(card.node);
    if (finished || !card.legend.childElementCount) fillLegend(card);
    if (finished)
      announce(
        `${panel.title} has answered: mostly ${panel.classes
          .slice(0, 3)
          .map((row) => nameOf(panel.class_set, row.index))
          .join(", ")}.`,
      );
    if (panel.status === "failed" && card.announced !== panel.message)
      announce(`${panel.title}: ${(card.announced = panel.message)}`);
  }
  old.forEach((card) => {
    card.surface.drop();
    card.node.remove();
  });
  grid.dataset.cards = run.cards.size + 1;
}

/** @param {Card} card */
async function load(card) {
  const { panel } = card;
  const id = run.id;
  if (panel.status !== "done" || card.labels || card.loading) return;
  card.loading = true;
  const maps = await Promise.all([readGrey(panel.labels), readGrey(panel.fields)]).catch(() => null);
  if (run.id !== id) return;
  Object.assign(card, { loading: false, lost: !maps });
  if (maps) placeMaps(card, ...maps);
  else announce(`${panel.title}: its map could not be fetched; press Segment to ask for it again.`);
  fillStatus(card);
  if (state.pin) inspect(state.pin); // a pinned pixel learns what the new answer says
}

function placeMaps(card, labels, stack) {
  card.labels = new Painting(labels);
  card.fields = Object.fromEntries(
    Object.entries(splitFields(stack, card.panel.measures)).map(([name, map]) => [name, new Painting(map)]),
  );
  redraw("paint", "toolbar", "glass");
}
