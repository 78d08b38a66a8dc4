// The row above the panels: what is shown, how strongly, in which colours.
const VIEWS = { overlay: "Overlay", labels: "Labels", uncertainty: "Uncertainty", compare: "Compare" };
const toolbar = make("div", { class: "zoo-toolbar", hidden: true });
const tools = {};

function choice(name, label, options, current, change) { // a radio group drawn as one bar
  const group = make("div", { class: "zoo-bar", role: "radiogroup", "aria-label": label });
  for (const [value, text] of Object.entries(options)) {
    const input = make("input", { type: "radio", name, value, onchange: () => change(value) });
    input.checked = value === current;
    group.append(make("label", {}, input, make("span", {}, text)));
  }
  group.pick = (value) => group.querySelectorAll("input").forEach((input) => { input.checked = input.value === value; });
  return group;
}

function toggle(text, title, change) {
  const input = make("input", { type: "checkbox", onchange: () => change(input.checked) });
  const label = make("label", { class: "zoo-check", title }, input, make("span", {}, text));
  label.input = input;
  return label;
}

function makeToolbar() {
  tools.view = choice("zoo-view", "What the panels show", VIEWS, state.view, setView);
  tools.opacity = make("input", { type: "range", min: 0, max: 100, "aria-label": "Opacity of the maps over the photo", oninput: () => {
    state.opacity[opacityOf()] = tools.opacity.value / 100;
    ask("draw", "toolbar");
  } });
  tools.opacityText = make("output", {});
  tools.palette = toggle("ADE20K colours", "The dataset's official colours; some classes share one", (on) => { set({ palette: on ? "official" : "distinct" }, "paint", "link"); publishPalette(); });
  tools.patterns = toggle("Patterns", "Outlines and hatchings, to tell classes apart without colour", (on) => set({ patterns: on }, "paint"));
  tools.out = make("button", { type: "button", class: "zoo-tool", "aria-label": "Zoom out", title: "Zoom out (-)", onclick: () => zoomBy(1 / 1.6) }, icon("minus"));
  tools.zoom = make("button", { type: "button", class: "zoo-zoom", title: "Back to the whole picture (0)", onclick: () => zoomBy(1e-9) }, "100 %");
  tools.in = make("button", { type: "button", class: "zoo-tool", "aria-label": "Zoom in", title: "Zoom in (+), or Ctrl and the wheel; once zoomed in, the wheel alone", onclick: () => zoomBy(1.6) }, icon("plus"));
  tools.keys = make("button", { type: "button", class: "zoo-tool zoo-keys", "aria-label": "Keyboard shortcuts", title: "Keys (?)", onclick: showKeys }, icon("keys"));
  tools.isolated = make("button", { type: "button", class: "zoo-chip", hidden: true, onclick: () => isolate(state.isolated) });
  tools.strength = make("label", { class: "zoo-strength" }, make("span", {}, "Opacity"), tools.opacity, tools.opacityText);
  toolbar.append(
    make("div", { class: "zoo-row" }, tools.view, tools.strength, make("span", { class: "zoo-space" }), tools.palette, tools.patterns,
      make("div", { class: "zoo-zooms", role: "group", "aria-label": "Zoom" }, tools.out, tools.zoom, tools.in), tools.keys),
    makeScale(),
  );
}

const opacityOf = () => (state.view === "compare" ? "overlay" : state.view);

function setView(view) {
  if (!VIEWS[view]) return;
  clearInterval(blinker);
  set({ view, bare: false, blink: null }, "layout", "paint", "toolbar", "glass", "link");
}

parts.toolbar = () => {
  const strength = state.opacity[opacityOf()];
  tools.view.pick(state.view);
  tools.opacity.value = Math.round(strength * 100);
  tools.opacityText.textContent = `${Math.round(strength * 100)} %`;
  tools.strength.hidden = state.view === "labels";
  tools.palette.hidden = tools.patterns.hidden = state.view === "uncertainty";
  tools.palette.input.checked = state.palette === "official";
  tools.patterns.input.checked = state.patterns;
  tools.zoom.textContent = `${Math.round(state.zoom.k * 100)} %`;
  tools.out.disabled = state.zoom.k <= 1;
  element.classList.toggle("zoomed", state.zoom.k > 1);
  placeChip();
  fillScale();
  if (run.id) fillSides();
};

function placeChip() { // beside the panels, where it moves nothing: the photo's legend has room for it
  const { isolated } = tools;
  isolated.hidden = state.isolated === null || state.view === "uncertainty";
  if (isolated.hidden || !photoCard) return;
  isolated.replaceChildren(make("i", { style: `background:var(--class-${state.isolated})` }), `Only ${NAMES[state.isolated]}`, make("span", { "aria-hidden": "true" }, "×"));
  if (state.view === "compare") stage.querySelector(".zoo-sides").append(isolated);
  else photoCard.legend.prepend(isolated);
}
