// @ts-check
// One network's map over the photo, with the pixels asked of and the two radii around them.

import { rgba } from "../../draw/colours.js";
import { Surface } from "../../draw/surface.js";
import { scaleColour } from "../../draw/tables.js";
import { run } from "../../run.js";
import { state } from "../../state.js";
import { asked } from "./state.js";

/** Nothing is see-through, much is opaque: the photo stays to be seen. */
export function heatTable() {
  const table = new Uint32Array(256);
  for (let v = 1; v < 256; v++) {
    const [r, g, b] = scaleColour(v / 255);
    table[v] = rgba(r, g, b, Math.round(255 * Math.min(1, 0.25 + v / 200)));
  }
  return table;
}

export class WhySurface extends Surface {
  /** @param {string} model */
  constructor(model, label) {
    super(() => [{ base: run.grey, map: state.bare ? null : this.row?.painting?.canvas, opacity: 0.9 }], label);
    this.model = model;
  }

  get row() {
    return asked.rows.get(this.model);
  }

  mark() {
    super.mark();
    const { points, radii } = this.row ?? {};
    if (!this.visible || !points) return;
    const context = this.glass.getContext("2d");
    const ratio = this.glass.width / this.box.clientWidth;
    const { scale, left, top } = this.frame;
    const [across, down] = [run.width / run.photoWidth, run.height / run.photoHeight];
    const stroke = (colour, width, dash) => {
      Object.assign(context, { strokeStyle: colour, lineWidth: width * ratio });
      context.setLineDash(dash.map((length) => length * ratio));
      context.stroke();
      context.setLineDash([]);
    };
    for (const [y, x] of points) {
      const px = left + (x + 0.5) * across * scale;
      const py = top + (y + 0.5) * down * scale;
      context.beginPath();
      context.arc(px, py, 3 * ratio, 0, 7);
      stroke("rgba(8,12,16,.8)", 3, []);
      stroke("#fff", 1.5, []);
      if (!radii || points.length > 1) continue;
      radii.forEach((radius, i) => {
        context.beginPath();
        context.arc(px, py, radius * across * scale, 0, 7);
        stroke("rgba(8,12,16,.7)", 3.5, []);
        stroke("#fff", 1.5, i ? [6, 5] : []);
      });
    }
  }
}
