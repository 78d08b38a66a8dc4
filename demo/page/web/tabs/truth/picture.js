// @ts-check
// The photo under its truth; in paint mode its clicks set corners.

import { Surface } from "../../draw/surface.js";
import { run } from "../../run.js";
import { change, state } from "../../state.js";
import { addCorner, closeRegion, undoCorner } from "./corners.js";
import { cornerAt } from "./polygon.js";
import { judged } from "./state.js";
import { cancelInspection } from "../../ui/inspect.js";

/** The photo under its truth; in paint mode its clicks set corners. */
export class TruthSurface extends Surface {
  constructor(sources, label) {
    super(sources, label);
    let pin = null;
    this.box.addEventListener(
      "pointerdown",
      () => {
        pin = state.pin;
      },
      true,
    );
    this.box.addEventListener("pointerup", (event) => {
      const point = this.point(event);
      if (judged.mode !== "paint" || !point || state.pin === pin) return; // a drag sets no corner
      cancelInspection();
      change({ pin }, "glass", "link");
      addCorner(cornerAt(point));
    });
    this.box.addEventListener(
      "dblclick",
      (event) => {
        if (judged.mode === "paint") {
          event.stopImmediatePropagation();
          closeRegion();
        }
      },
      true,
    );
    this.box.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (judged.mode !== "paint" || event.ctrlKey || event.metaKey || event.altKey) return;
    const point = state.pin ?? { x: run.width >> 1, y: run.height >> 1 };
    if (event.key === "Enter" && event.shiftKey) closeRegion();
    else if (event.key === "Enter") addCorner(cornerAt(point));
    else if (event.key === "Backspace") undoCorner();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  mark() {
    super.mark();
    if (!this.visible || judged.mode !== "paint") return;
    judged.regions.forEach((region) => this.polygon(region.corners, true));
    this.polygon(judged.open, false);
  }

  polygon(corners, closed) {
    if (!corners.length) return;
    const context = this.glass.getContext("2d");
    const ratio = this.glass.width / this.box.clientWidth;
    const { scale, left, top } = this.frame;
    const place = ([x, y]) => [
      left + ((x * run.width) / run.photoWidth) * scale,
      top + ((y * run.height) / run.photoHeight) * scale,
    ];
    const strokes = { "rgba(8,12,16,.75)": 4, "#fff": 2 }; // the wider one below
    for (const [colour, thickness] of Object.entries(strokes)) {
      Object.assign(context, { strokeStyle: colour, lineWidth: thickness * ratio, lineJoin: "round" });
      context.beginPath();
      corners.forEach((corner, i) => context[i ? "lineTo" : "moveTo"](...place(corner)));
      if (closed) context.closePath();
      context.stroke();
    }
    if (!closed)
      corners.forEach((corner, i) => {
        const [x, y] = place(corner);
        context.beginPath();
        context.arc(x, y, (i ? 4 : 6) * ratio, 0, 7);
        context.fillStyle = i ? "#fff" : "#0f766e";
        context.fill();
        context.stroke();
      });
  }
}
