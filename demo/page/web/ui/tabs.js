// @ts-check
// What a tab's script is, and how it is put in place.

import { emit, hear } from "../events.js";
import { onRun } from "../run.js";
import { onDraw, redraw } from "../state.js";
import { addLayers } from "./layers.js";
import { addLinked } from "./link.js";

/**
 * @typedef {object} Tab
 * @property {string} name that of its place, and of the server's function that answers it
 * @property {(root: HTMLElement) => void} mount fills its place; called again when Gradio has made another one
 * @property {() => void} [onRun] an answer has come, or will not come any more
 * @property {Partial<Record<import("../state.js").Drawing, () => void>>} [onDraw] what it draws again with what;
 *   "tab:<name>" is its own
 * @property {Record<string, (detail: any) => void>} [hears] what it does at an event of another part of the page
 * @property {import("./link.js").Linked} [link] what a link says of it, and how it takes that over
 * @property {() => object | null} [taken] what the server is asked for when the visitor takes everything away
 * @property {() => import("../run.js").Layer[]} [layers] maps of all models together that it adds
 */

/** @param {Tab} tab */
export function startTab(tab) {
  const { name, mount, layers } = tab;
  if (tab.onRun) onRun(tab.onRun);
  if (layers) addLayers(layers);
  if (tab.link) addLinked(tab.link);
  for (const [drawing, draw] of Object.entries(tab.onDraw ?? {}))
    onDraw(/** @type {import("../state.js").Drawing} */ (drawing), draw);
  if (tab.link) onDraw(`tab:${name}`, () => redraw("link"));
  for (const [event, listen] of Object.entries(tab.hears ?? {})) hear(event, listen);
  hear(`${name}-here`, ({ root }) => mount(root));
  emit(`${name}-wanted`);
}
