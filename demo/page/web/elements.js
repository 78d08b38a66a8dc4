// @ts-check
// Making elements.

/**
 * An element of the page. An attribute on... is a listener; true is an empty one; what is null or false is left out.
 *
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...(Node | string | null)} children
 * @returns {any} the element, which may be given further properties
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/**
 * An element of a drawing.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function makeSvg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** @type {WeakMap<Node, string>} what a node was last filled from */
const filled = new WeakMap();

/**
 * Fills a node anew only where what it tells has changed: each change of view asks for all of them.
 *
 * @param {Node} node
 * @param {any} told all that the filling depends on
 * @param {() => void} fill
 */
export function fillOnce(node, told, fill) {
  const key = JSON.stringify(told);
  if (filled.get(node) === key) return;
  filled.set(node, key);
  fill();
}

/** For ears only. */
export const spoken = (text) => make("span", { class: "zoo-said" }, text);

/** The colour of a class, which follows the palette, with its pattern where patterns are shown. */
export const swatch = (index) => make("i", { style: `background:var(--pattern-${index}, none) var(--class-${index})` });

export function icon(name) {
  const paths = {
    grow: "M9 3H3v6M15 21h6v-6M3 3l7 7M21 21l-7-7",
    shrink: "M4 10h6V4M20 14h-6v6M10 10 3 3M14 14l7 7",
    plus: "M12 5v14M5 12h14",
    minus: "M5 12h14",
    keys: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
    swap: "M7 4 3 8l4 4M3 8h14M17 12l4 4-4 4M21 16H7",
    fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  };
  const pen = { fill: "none", stroke: "currentColor", "stroke-width": 2 };
  const ends = { "stroke-linecap": "round", "stroke-linejoin": "round" };
  const drawing = makeSvg("svg", { viewBox: "0 0 24 24", ...pen, ...ends }, makeSvg("path", { d: paths[name] }));
  return make("span", { class: "zoo-icon", "aria-hidden": "true" }, drawing);
}

export const bringUp = (node) =>
  node?.scrollIntoView({
    block: "start",
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });

/** A radio group drawn as one bar. */
export function radioBar(name, label, options, current, change) {
  const group = make("div", { class: "zoo-bar", role: "radiogroup", "aria-label": label });
  for (const [value, text] of Object.entries(options)) {
    const input = make("input", { type: "radio", name, value, onchange: () => change(value) });
    input.checked = value === current;
    group.append(make("label", {}, input, make("span", {}, text)));
  }
  group.pick = (value) =>
    group.querySelectorAll("input").forEach((input) => {
      input.checked = input.value === value;
    });
  return group;
}

export function checkbox(text, title, change) {
  const input = make("input", { type: "checkbox", onchange: () => change(input.checked) });
  const label = make("label", { class: "zoo-check", title }, input, make("span", {}, text));
  label.input = input;
  return label;
}

export const scrolled = (label, table) =>
  make("div", { class: "zoo-scroll", tabindex: 0, role: "region", "aria-label": label }, table);
