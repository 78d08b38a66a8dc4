// @ts-check
// The row above the panels: what is shown, how strongly, in which colours.

import { zoomBy } from "../draw/surface.js";
import { publishPalette } from "../draw/tables.js";
import { checkbox, icon, make, radioBar, swatch } from "../elements.js";
import { page } from "../page.js";
import { run } from "../run.js";
import { change, onDraw, opacityOf, redraw, state } from "../state.js";
import { photoCard } from "./cards.js";
import { stage } from "./compare.js";
import { showFigure } from "./figure.js";
import { showKeys } from "./keys.js";
import { isolate } from "./legend.js";
import { fillScale, makeScale } from "./scale.js";
import { VIEWS, setView } from "./view.js";
import { wholePercent } from "../wording.js";

export const toolbar = make("div", { class: "zoo-toolbar", hidden: true });

/** @type {Record<string, any>} the row's elements */
const tools = {};

export function makeToolbar() {
  tools.view = radioBar("zoo-view", "What the panels show", VIEWS, state.view, setView);
  tools.opacity = make("input", {
    type: "range",
    min: 0,
    max: 100,
    "aria-label": "Opacity of the maps over the photo",
    oninput: () => {
      state.opacity[opacityOf()] = tools.opacity.value / 100;
      redraw("draw", "toolbar");
    },
  });
  tools.opacityText = make("output", {});
  tools.palette = checkbox("Official colours", "The dataset's official colours; some classes share one", (on) => {
    change({ palette: on ? "official" : "distinct" }, "paint", "link");
    publishPalette();
  });
  tools.patterns = checkbox("Patterns", "Outlines and hatchings, to tell classes apart without colour", (on) =>
    change({ patterns: on }, "paint"),
  );
  tools.names = checkbox("Names", "Names on the larger regions", (on) => change({ names: on }, "draw", "link"));
  tools.out = make(
    "button",
    {
      type: "button",
      class: "zoo-tool",
      "aria-label": "Zoom out",
      title: "Zoom out (-)",
      onclick: () => zoomBy(1 / 1.6),
    },
    icon("minus"),
  );
  tools.zoom = make(
    "button",
    { type: "button", class: "zoo-zoom", title: "Back to the whole picture (0)", onclick: () => zoomBy(1e-9) },
    "100 %",
  );
  tools.in = make(
    "button",
    {
      type: "button",
      class: "zoo-tool",
      "aria-label": "Zoom in",
      title: "Zoom in (+), or Ctrl and the wheel; once zoomed in, the wheel alone",
      onclick: () => zoomBy(1.6),
    },
    icon("plus"),
  );
  tools.keys = make(
    "button",
    {
      type: "button",
      class: "zoo-tool zoo-keys",
      "aria-label": "Keyboard shortcuts",
      title: "Keys (?)",
      onclick: showKeys,
    },
    icon("keys"),
  );
  tools.figure = make(
    "button",
    {
      type: "button",
      class: "zoo-button zoo-figure",
      title: "A figure to save: PNG, SVG or PDF",
      hidden: page.alone,
      onclick: showFigure,
    },
    "Figure",
  );
  tools.isolated = make("button", {
    type: "button",
    class: "zoo-chip",
    hidden: true,
    onclick: () => isolate(state.isolated),
  });
  tools.strength = make(
    "label",
    { class: "zoo-strength" },
    make("span", {}, "Opacity"),
    tools.opacity,
    tools.opacityText,
  );
  toolbar.append(
    make(
      "div",
      { class: "zoo-row" },
      tools.view,
      tools.strength,
      make("span", { class: "zoo-space" }),
      tools.names,
      tools.palette,
      tools.patterns,
      make("div", { class: "zoo-zooms", role: "group", "aria-label": "Zoom" }, tools.out, tools.zoom, tools.in),
      tools.figure,
      tools.keys,
    ),
    makeScale(),
  );
}

onDraw("toolbar", () => {
  const strength = state.opacity[opacityOf()];
  tools.view.pick(state.view);
  tools.opacity.value = Math.round(strength * 100);
  tools.opacityText.textContent = wholePercent(strength);
  tools.strength.hidden = state.view === "labels";
  tools.palette.hidden = tools.patterns.hidden = state.view === "uncertainty";
  tools.names.hidden = state.view !== "labels";
  tools.names.input.checked = state.names;
  tools.palette.input.checked = state.palette === "official";
  tools.patterns.input.checked = state.patterns;
  tools.zoom.textContent = wholePercent(state.zoom.k);
  tools.out.disabled = state.zoom.k <= 1;
  page.element.classList.toggle("zoomed", state.zoom.k > 1);
  placeChip();
  fillScale();
});

onDraw("layout", () => {
  toolbar.hidden = !run.id;
  placeChip();
});

/** Beside the panels, where it moves nothing: the photo's legend has room for it. */
function placeChip() {
  const { isolated } = tools;
  isolated.hidden = state.isolated === null || state.view === "uncertainty";
  if (isolated.hidden || !photoCard) return;
  isolated.replaceChildren(
    swatch(state.isolated),
    `Only ${page.names[state.isolated]}`,
    make("span", { "aria-hidden": "true" }, "×"),
  );
  if (state.view === "compare") stage.querySelector(".zoo-sides").append(isolated);
  else photoCard.legend.prepend(isolated);
}
