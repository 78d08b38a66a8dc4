// @ts-check
// Tables of 256 pixels through which maps are coloured, in the colours and scales of the moment.

import { classOf, classSet, measureOf, sameName } from "./classes.js";
import { PATTERNS, css, doubt, hex, rgba, shade } from "./colours.js";
import { extent, hides } from "./levels.js";
import { clamp } from "./sampling.js";
import { page } from "../page.js";
import { run } from "../run.js";
import { shownClass, state } from "../state.js";

const classColour = (index) => page.palettes[state.palette][index];

/** @param {number} t 0..1, the doubt */
export function scaleColour(t) {
  const rows = page.scales[state.article ? "grey" : "colour"];
  return rows[Math.round(clamp(t, 0, 1) * (rows.length - 1))];
}

export function publishPalette() {
  const style = document.documentElement.style;
  page.palettes[state.palette].forEach((colour, index) => style.setProperty(`--class-${index}`, css(colour)));
}

/** @type {Map<string, string>} tiles as CSS has them, by pattern and colour */
const tiles = new Map();

/**
 * The pattern of a class as a picture that is transparent where it has the class's colour.
 *
 * @param {number} pattern
 * @param {import("./colours.js").Colour} colour
 */
function tile(pattern, colour) {
  const key = `${pattern} ${colour}`;
  if (!tiles.has(key)) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 16, height: 16 });
    const image = new ImageData(16, 16);
    const pixels = new Uint32Array(image.data.buffer);
    const ink = shade(rgba(...colour));
    PATTERNS[pattern].forEach((on, i) => {
      pixels[i] = on ? ink : 0;
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
    tiles.set(key, `url(${canvas.toDataURL()})`);
  }
  return tiles.get(key);
}

/**
 * The swatches inside a node have the patterns that the pictures have, or none.
 *
 * @param {HTMLElement} node
 * @param {((key: string) => Uint8Array) | null} rank as `ranks` gives it
 */
export function publishPatterns(node, rank) {
  if (!rank && !node.classList.contains("patterned")) return;
  node.classList.toggle("patterned", Boolean(rank));
  for (const name of [...node.style]) if (name.startsWith("--pattern-")) node.style.removeProperty(name);
  if (!rank) return;
  for (const { panel } of run.cards.values())
    for (const { index } of panel.classes) {
      const number = classOf(panel.class_set, index);
      node.style.setProperty(`--pattern-${number}`, tile(rank(panel.class_set)[index] & 7, classColour(number)));
    }
}

const REST = { light: rgba(226, 231, 236), dark: rgba(38, 48, 59) };

const isDark = () => document.body.classList.contains("dark");

/** @param {string} [key] the class set of the map; the first one where none is named */
export function classTable(key) {
  const table = new Uint32Array(256);
  const only = shownClass();
  const { first, count } = classSet(key);
  for (let index = 0; index < count; index++) {
    const [r, g, b] = classColour(first + index);
    table[index] =
      only === null || sameName(only, first + index)
        ? rgba(r, g, b)
        : state.view === "labels"
          ? REST[isDark() ? "dark" : "light"]
          : 0;
  }
  return table;
}

/**
 * The steps between which a measure's colours run: the whole scale, or what the answers' maps have of it.
 *
 * @param {string} id a measure's
 * @returns {[number, number]}
 */
export function shownExtent(id) {
  if (!state.stretch || state.view !== "uncertainty") return [0, page.levels - 1];
  const paintings = [...run.cards.values()].map((card) => card.fields?.[id]).filter(Boolean);
  return extent(
    paintings.map((painting) => painting.counts),
    page.levels,
  );
}

/** @param {string} id a measure's */
export function fieldTable(id) {
  const table = new Uint32Array(256);
  const cut = state.view === "uncertainty" ? (state.threshold[id] ?? null) : null;
  const measure = measureOf(id);
  const [low, high] = shownExtent(id);
  for (let level = 0; level < page.levels; level++) {
    const hidden = hides(level / (page.levels - 1), cut, state.side);
    const t = clamp((level - low) / (high - low), 0, 1);
    table[level] = hidden ? 0 : rgba(...scaleColour(doubt(measure, t)));
  }
  return table;
}

/** @param {import("../run.js").Layer} layer */
export function layerTable(layer) {
  const table = new Uint32Array(256);
  if (layer.kind === "classes") return classTable(layer.classSet);
  if (layer.table) {
    layer.table(table);
    return table;
  }
  if (layer.kind === "scalar") for (let v = 0; v < 256; v++) table[v] = rgba(...scaleColour(v / 255));
  for (const code of layer.codes) table[code.value] = rgba(...hex(code.colour));
  return table;
}

// The classes of a run, the commonest first: patterns follow this rank, so that neighbours differ.
/** @returns {(key: string) => Uint8Array} of a class set: the rank of each of its classes */
export function ranks() {
  const area = new Float64Array(page.names.length);
  for (const { panel } of run.cards.values())
    for (const row of panel.classes) area[classOf(panel.class_set, row.index)] += row.area;
  const order = [...page.names.keys()].sort((a, b) => area[b] - area[a]);
  const rank = new Uint8Array(page.names.length + 256);
  order.forEach((number, position) => {
    rank[number] = position;
  });
  return (key) => rank.slice(classSet(key).first, classSet(key).first + 256);
}
