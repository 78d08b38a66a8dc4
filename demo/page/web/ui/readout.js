// @ts-check
// What every picture says of the point under the crosshair.

import { classOf, measureOf, nameOf } from "../draw/classes.js";
import { sample } from "../draw/sampling.js";
import { make, swatch } from "../elements.js";
import { page } from "../page.js";
import { photoPoint, run } from "../run.js";
import { onDraw, state } from "../state.js";
import { photoCard } from "./cards.js";
import { latest } from "./inspect.js";
import { fixed, percent } from "../wording.js";

/** The class under the crosshair, in every card. */
export function readout() {
  const point = state.hover ?? state.pin;
  const say = (card, ...content) => {
    card.tip.hidden = !content.length;
    card.tip.replaceChildren(...content);
  };
  if (!photoCard) return;
  for (const card of run.cards.values()) {
    if (!point || !card.labels) {
      say(card);
      continue;
    }
    const index = sample(card.labels.map, point.x, point.y);
    const pinned = point.x === state.pin?.x && point.y === state.pin?.y;
    const value =
      state.view === "uncertainty" ? fieldText(card, point) : pinned ? percent(confidenceAt(card, index, point)) : "";
    const { class_set: key } = card.panel;
    say(card, swatch(classOf(key, index)), nameOf(key, index), value ? make("span", {}, value) : "");
  }
  if (!point) {
    say(photoCard);
    return;
  }
  const layer = run.layers.get(state.first);
  const words = layer?.painting ? layerText(layer, point) : "";
  const place = photoPoint(point);
  say(photoCard, words ? `${words} · ` : "", `x ${place.x}, y ${place.y}`);
}

onDraw("glass", readout);

const fieldText = (card, point) => {
  const field = card.fields[state.measure];
  if (!field) return "cannot say";
  const { top, unit } = measureOf(state.measure, card.panel.class_set);
  const value = (sample(field.map, point.x, point.y) / (page.levels - 1)) * top;
  return unit ? `${fixed(value, 1)} ${unit}` : fixed(value, 2);
};

/** Exact once the server has answered, till then to one of 64 levels. */
function confidenceAt(card, index, point) {
  const place = photoPoint(point);
  const row = latest.x === place.x && latest.y === place.y && latest.rows.find(({ model }) => model === card.panel.id);
  const best = row && row.classes[0];
  return best?.index === index
    ? best.probability
    : sample(card.fields.confidence.map, point.x, point.y) / (page.levels - 1);
}

export const layerText = (layer, point) => {
  const value = sample(layer.painting.map, point.x, point.y);
  if (layer.words) return layer.words(point);
  if (layer.kind === "classes") return nameOf(layer.classSet, value);
  if (layer.kind === "scalar") return `${fixed((value / 255) * layer.top, 2)} ${layer.unit}`;
  return layer.codes.find((code) => code.value === value)?.label ?? "";
};
