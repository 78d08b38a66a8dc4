// @ts-check
// A surface shows the photo and a map over it, at the zoom that all share, with the crosshair on a pane of glass.

import { Painting, pictureAt } from "./painting.js";
import { centred, frameIn, panned, wheelFactor, within, zoomedAt } from "./zoom.js";
import { clamp } from "./sampling.js";
import { make } from "../elements.js";
import { emit } from "../events.js";
import { run } from "../run.js";
import { change, onDraw, redraw, state } from "../state.js";

export const surfaces = new Set();

/** @typedef {{text: string, x: number, y: number, room: number}} Name words, and a place as in names.js */

const LINE = 13; // CSS pixels of a name's letters

export class Surface {
  constructor(sources, label) {
    this.sources = sources; // () -> [{base, map, opacity, clip: [from, to]}]
    /** @type {() => Name[]} what is written over them, the most important first */ this.names = () => [];
    this.canvas = make("canvas", { class: "zoo-map", "aria-hidden": "true" });
    this.glass = make("canvas", { class: "zoo-glass", "aria-hidden": "true" });
    this.box = make(
      "div",
      { class: "zoo-surface", tabindex: "0", role: "group", "aria-label": label },
      this.canvas,
      this.glass,
    );
    this.box.surface = this;
    /** hidden when it was last to be drawn */ this.stale = true;
    surfaces.add(this);
    resizes.observe(this.box);
    listen(this);
  }

  drop() {
    surfaces.delete(this);
    resizes.unobserve(this.box);
  }

  get visible() {
    return this.box.isConnected && this.box.offsetParent !== null && this.box.clientWidth > 0;
  }

  /** What the backing stores are to be, in the screen's pixels. */
  get size() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    return { width: Math.round(this.box.clientWidth * ratio), height: Math.round(this.box.clientHeight * ratio) };
  }

  fits({ width, height } = this.size) {
    return this.canvas.width === width && this.canvas.height === height;
  }

  /** Backing stores follow the box. */
  fit() {
    const { size } = this;
    if (!this.fits(size)) for (const canvas of [this.canvas, this.glass]) Object.assign(canvas, size);
  }

  /** Where the picture lies in this box at the shared zoom, in backing pixels. */
  get frame() {
    return frameIn(this.canvas, run, state.zoom);
  }

  draw() {
    this.stale = !run.width || !this.visible;
    if (this.stale) return;
    this.fit();
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const frame = this.frame;
    context.clearRect(0, 0, width, height);
    for (const source of this.sources()) {
      context.save();
      const [from, to] = source.clip ?? [0, 1];
      context.beginPath();
      context.rect(from * width, 0, (to - from) * width, height);
      context.clip();
      this.put(context, frame, source.base, 1);
      this.put(context, frame, source.map, source.opacity);
      context.restore();
    }
    if (run.outline) this.put(context, frame, run.outline, 1);
    this.write(context, frame);
    this.mark();
  }

  /** Each name where its region has room for the letters' height and no earlier name stands. */
  write(context, { scale, left, top }) {
    const names = this.names();
    if (!names.length) return;
    const { width, height } = this.canvas;
    const ratio = width / this.box.clientWidth;
    const line = LINE * ratio;
    const taken = [];
    Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round" });
    Object.assign(context, { font: `600 ${line}px system-ui, sans-serif`, lineWidth: 3 * ratio });
    Object.assign(context, { strokeStyle: "rgba(8,12,16,.85)", fillStyle: "#fff" });
    for (const { text, x, y, room } of names) {
      const half = context.measureText(text).width / 2 + 3 * ratio;
      const [px, py] = [left + x * run.width * scale, top + y * run.height * scale];
      if (px < 0 || py < 0 || px > width || py > height || 2 * room * run.width * scale < line) continue;
      const at = clamp(px, half, width - half); // whole, even at the frame
      const on = clamp(py, line * 0.7, height - line * 0.7);
      if (taken.some((one) => Math.abs(one.at - at) < one.half + half && Math.abs(one.on - on) < line * 1.2)) continue;
      taken.push({ at, on, half });
      context.strokeText(text, at, on);
      context.fillText(text, at, on);
    }
  }

  /** A picture over the whole frame: a map, the photo, or another one of its size. */
  put(context, { scale, left, top }, picture, opacity) {
    if (!picture || opacity === 0) return;
    const w = run.width * scale;
    const h = run.height * scale;
    const photo = picture === run.photo || picture === run.grey;
    const drawn = picture instanceof Painting ? picture.drawnAt(w) : photo ? pictureAt(picture, w) : picture;
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = drawn.width !== run.width || photo || scale < 1;
    context.imageSmoothingQuality = "medium";
    context.drawImage(drawn, left, top, w, h);
    context.globalAlpha = 1;
  }

  /** The crosshair: pinned, and where the pointer is. */
  mark() {
    if (!this.visible) return;
    const context = this.glass.getContext("2d");
    const { width, height } = this.glass;
    context.clearRect(0, 0, width, height);
    if (state.pin) this.cross(context, state.pin, { ring: true, lines: !state.hover });
    if (state.hover) this.cross(context, state.hover, { ring: false, lines: true });
  }

  cross(context, point, { ring, lines }) {
    const { scale, left, top } = this.frame;
    const { width, height } = this.glass;
    const ratio = width / this.box.clientWidth;
    const x = Math.round(left + (point.x + 0.5) * scale) + 0.5;
    const y = Math.round(top + (point.y + 0.5) * scale) + 0.5;
    const gap = 9 * ratio;
    const stroke = (colour, thickness) => {
      context.strokeStyle = colour;
      context.lineWidth = thickness * ratio;
      context.beginPath();
      if (lines)
        for (const [x0, y0, x1, y1] of [
          [0, y, x - gap, y],
          [x + gap, y, width, y],
          [x, 0, x, y - gap],
          [x, y + gap, x, height],
        ]) {
          context.moveTo(x0, y0);
          context.lineTo(x1, y1);
        }
      if (ring) {
        context.moveTo(x + 5 * ratio, y);
        context.arc(x, y, 5 * ratio, 0, 7);
      }
      context.stroke();
    };
    stroke("rgba(8,12,16,.55)", 3);
    stroke("#fff", ring ? 1.4 : 1);
  }

  /** The map pixel under the pointer, or null beside the picture. */
  point(event) {
    const rect = this.box.getBoundingClientRect();
    const ratio = this.canvas.width / rect.width;
    const { scale, left, top } = this.frame;
    const x = Math.floor(((event.clientX - rect.left) * ratio - left) / scale);
    const y = Math.floor(((event.clientY - rect.top) * ratio - top) / scale);
    return x >= 0 && y >= 0 && x < run.width && y < run.height ? { x, y } : null;
  }

  /** Keeps what is under the pointer where it is. */
  zoomAt(event, factor) {
    const rect = this.box.getBoundingClientRect();
    const ratio = this.canvas.width / rect.width;
    const [x, y] = [(event.clientX - rect.left) * ratio, (event.clientY - rect.top) * ratio];
    zoomTo(zoomedAt(this.canvas, run, state.zoom, within(state.zoom.k * factor), x, y));
  }

  /** Shows the picture `k` times as large, with (x, y) of it, 0..1, in the middle. */
  centre(k, x, y) {
    zoomTo(centred(this.canvas, run, { k, x, y }));
  }

  /** By CSS pixels. */
  pan(dx, dy) {
    const ratio = this.canvas.width / this.box.clientWidth;
    zoomTo(panned(this.canvas, run, state.zoom, dx * ratio, dy * ratio));
  }
}

/** @param {import("./zoom.js").Zoom} zoom */
const zoomTo = (zoom) => change({ zoom }, "draw", "toolbar");

/** The frame that shows a surface has drawn it already: drawn again, a change of view would take twice as long. */
const resizes = new ResizeObserver(() => {
  if ([...surfaces].some((surface) => surface.visible && (surface.stale || !surface.fits()))) redraw("draw");
});

export function zoomBy(factor) {
  const surface = [...surfaces].find((candidate) => candidate.visible);
  if (!surface) return;
  const k = within(state.zoom.k * factor);
  const target = state.pin && factor > 1 && state.zoom.k === 1 ? state.pin : null;
  surface.centre(k, target ? target.x / run.width : state.zoom.x, target ? target.y / run.height : state.zoom.y);
}

onDraw("draw", () => surfaces.forEach((surface) => surface.draw()));

onDraw("glass", () => surfaces.forEach((surface) => surface.mark()));

function listen(surface) {
  const { box } = surface;
  const pointers = new Map();
  let start = null;
  let moved = false;
  let zoomed = 0; // when the wheel last zoomed
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return {
      d: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
      clientX: (a.clientX + b.clientX) / 2,
      clientY: (a.clientY + b.clientY) / 2,
    };
  };
  box.addEventListener(
    "wheel",
    (event) => {
      const whole = state.zoom.k === 1;
      const out = event.deltaY > 0;
      const asked = event.ctrlKey || event.metaKey;
      if (whole && out && event.timeStamp - zoomed < 400) {
        event.preventDefault(); // the end of the turn that zoomed out
        return;
      }
      if (whole && (out || !asked)) return; // the page scrolls, or shrinks again
      event.preventDefault();
      zoomed = event.timeStamp;
      surface.zoomAt(event, wheelFactor(event));
    },
    { passive: false },
  );
  box.addEventListener("pointerdown", (event) => {
    if (event.button > 0 || event.target.closest("input, button")) return;
    pointers.set(event.pointerId, event);
    start = { event, pinch: pointers.size === 2 ? spread() : null };
    moved = pointers.size > 1;
  });
  box.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") change({ hover: surface.point(event) }, "glass");
      return;
    }
    if (pointers.size === 2) {
      const old = spread();
      pointers.set(event.pointerId, event);
      const now = spread();
      surface.zoomAt(now, now.d / Math.max(1, old.d));
      surface.pan(now.clientX - old.clientX, now.clientY - old.clientY);
      return;
    }
    if (!moved && Math.hypot(event.clientX - start.event.clientX, event.clientY - start.event.clientY) > 4) {
      moved = true;
      if (state.zoom.k > 1) box.setPointerCapture(event.pointerId);
    }
    pointers.set(event.pointerId, event);
    if (moved && state.zoom.k > 1) surface.pan(event.clientX - before.clientX, event.clientY - before.clientY);
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === "pointerup" && !moved) {
      const point = surface.point(event);
      if (point) emit("point", point);
    }
  };
  box.addEventListener("pointerup", release);
  box.addEventListener("pointercancel", release);
  box.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") change({ hover: null }, "glass");
  });
  box.addEventListener("dblclick", (event) => surface.zoomAt(event, 2));
}
