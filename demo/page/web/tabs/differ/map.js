// @ts-check
// The big map: regions carry their numbers, and can be chosen on it.

import { clamp } from "../../draw/sampling.js";
import { Surface } from "../../draw/surface.js";
import { run } from "../../run.js";
import { state } from "../../state.js";
import { differing } from "./state.js";
import { ground } from "../../ui/cards.js";

/** The big map: regions carry their numbers, and can be chosen on it. */
export class RegionSurface extends Surface {
  mark() {
    super.mark();
    if (!this.visible) return;
    const context = this.glass.getContext("2d");
    const ratio = this.glass.width / this.box.clientWidth;
    const { scale, left, top } = this.frame;
    (differing.reply?.regions ?? []).forEach(({ point: [y, x] }, i) => {
      const chosen = state.region === i + 1;
      const room = 12 * ratio; // whole, even where the region touches the frame
      const px = clamp(left + (x + 0.5) * scale, room, this.glass.width - room);
      const py = clamp(top + (y + 0.5) * scale, room, this.glass.height - room);
      if (!inView(left + x * scale, this.glass.width) || !inView(top + y * scale, this.glass.height)) return;
      context.beginPath();
      context.arc(px, py, 10 * ratio, 0, 7);
      context.fillStyle = chosen ? "#0f766e" : "rgba(10,15,20,.82)";
      context.fill();
      context.lineWidth = 1.5 * ratio;
      context.strokeStyle = "#fff";
      context.stroke();
      context.fillStyle = "#fff";
      context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(String(i + 1), px, py + 0.5 * ratio);
    });
  }
}

const inView = (place, size) => place > -1 && place < size + 1;

export const shownLayer = () => run.layers.get(differing.show === "together" ? differing.field : differing.show);

export function bigMap() {
  const layer = shownLayer();
  const map = layer?.painting;
  if (state.bare || !map) return [{ base: run.photo }];
  if (layer.kind === "classes") return [{ base: ground(), map, opacity: state.opacity.overlay }];
  return [{ base: run.grey, map, opacity: layer.kind === "scalar" ? 1 : 0.75 }];
}
