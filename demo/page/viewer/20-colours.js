// Class colours and number scales as tables of 256 pixels (ABGR, as a canvas keeps them), and patterns for colour-blind readers.
const rgba = (r, g, b, a = 255) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
const hex = (text) => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
const css = (colour) => `rgb(${colour.join(" ")})`;
const classColour = (index) => props.palettes[state.palette][index];

function scaleColour(t) {
  const rows = props.scales[state.article ? "grey" : "colour"];
  return rows[Math.round(clamp(t, 0, 1) * (rows.length - 1))];
}

// Entropy grows with doubt, confidence and margin fall with it: one colour always means the same doubt.
const doubt = (measure, t) => (measure === "entropy" ? t : 1 - t);

function publishPalette() {
  const style = document.documentElement.style;
  props.palettes[state.palette].forEach((colour, index) => style.setProperty(`--class-${index}`, css(colour)));
}

const REST = { light: rgba(226, 231, 236), dark: rgba(38, 48, 59) };
const isDark = () => document.body.classList.contains("dark");

function classTable() {
  const table = new Uint32Array(256), only = shownClass();
  for (let index = 0; index < NAMES.length; index++) {
    const [r, g, b] = classColour(index);
    table[index] = only === null || only === index ? rgba(r, g, b) : state.view === "labels" ? REST[isDark() ? "dark" : "light"] : 0;
  }
  return table;
}

// Eight hatchings on a 16 x 16 tile, told apart without colour.
const PATTERNS = [
  (x, y) => false, (x, y) => (x + y) % 8 < 2, (x, y) => y % 8 < 2, (x, y) => (x % 8 < 3) && (y % 8 < 3),
  (x, y) => (x - y + 16) % 8 < 2, (x, y) => x % 8 < 2, (x, y) => (x + y) % 8 < 2 || (x - y + 16) % 8 < 2,
  (x, y) => (x % 16 < 2) !== (y % 16 < 2),
].map((inside) => Uint8Array.from({ length: 256 }, (_, i) => inside(i & 15, i >> 4)));

function shade(pixel) { // darker on light colours, lighter on dark ones
  const r = pixel & 255, g = (pixel >> 8) & 255, b = (pixel >> 16) & 255;
  const bright = 0.3 * r + 0.59 * g + 0.11 * b > 120;
  const mix = (c) => (bright ? c * 0.35 : c + (255 - c) * 0.65) | 0;
  return rgba(mix(r), mix(g), mix(b), pixel >>> 24);
}
