// @ts-check
// The maps of all models together, fetched once and kept while their address stays.

import { readGrey } from "../draw/files.js";
import { Painting } from "../draw/painting.js";
import { run } from "../run.js";
import { redraw, state } from "../state.js";
import { showRegion } from "./regions.js";

const sources = []; // of layers that a tab adds to the server's own

/** @param {() => import("../run.js").Layer[]} source */
export function addLayers(source) {
  sources.push(source);
}

export const addedLayers = () => sources.flatMap((source) => source());

/** @param {import("../run.js").Layer[]} layers */
export function placeLayers(layers) {
  const kept = new Map(run.layers);
  run.layers.clear();
  return layers.map(async (layer) => {
    const old = kept.get(layer.id);
    const same = old?.map?.url === layer.map?.url && !old?.lost;
    const fresh = same && old ? Object.assign(old, layer) : { ...layer, painting: old?.painting };
    run.layers.set(layer.id, fresh);
    if (!layer.map || (same && old)) return;
    const map = await readGrey(layer.map).catch(() => null);
    fresh.lost = !map; // it is fetched again with the next view
    if (map) fresh.painting = new Painting(map);
    if (map && layer.kind === "regions" && state.region) showRegion(state.region); // chosen before its map was there
    redraw("layout", "paint", "toolbar");
  });
}
