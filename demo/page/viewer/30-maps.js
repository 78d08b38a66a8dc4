// Maps in the browser: grey PNG files read back value for value, and painted onto canvases of their own size.
const run = { id: null, width: 0, height: 0, photo: null, grey: null, cards: new Map(), layers: new Map() };

async function fetched(file) {
  const reply = await fetch(file.url);
  if (!reply.ok) throw new Error(`${file.url}: ${reply.status}`);
  return reply.blob();
}

async function readGrey(file) {
  const bitmap = await createImageBitmap(await fetched(file), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const values = new Uint8Array(bitmap.width * bitmap.height);
  for (let i = 0; i < values.length; i++) values[i] = pixels[4 * i];
  return { width: bitmap.width, height: bitmap.height, values };
}

function splitFields(stack) { // entropy over confidence over margin
  const height = stack.height / 3, size = stack.width * height;
  return Object.fromEntries(["entropy", "confidence", "margin"].map((name, i) => [
    name, { width: stack.width, height, values: stack.values.subarray(i * size, (i + 1) * size) },
  ]));
}

const at = (map, x, y) => {
  const column = Math.min(map.width - 1, Math.floor((x + 0.5) * map.width / run.width));
  const row = Math.min(map.height - 1, Math.floor((y + 0.5) * map.height / run.height));
  return map.values[row * map.width + column];
};

class Painting { // a canvas of a map's size, coloured through a table
  constructor(map) {
    this.map = map;
    this.canvas = new OffscreenCanvas(map.width, map.height);
    this.context = this.canvas.getContext("2d");
    this.image = new ImageData(map.width, map.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  paint(table) {
    const { values } = this.map, { pixels } = this;
    for (let i = 0; i < values.length; i++) pixels[i] = table[values[i]];
    this.context.putImageData(this.image, 0, 0);
    return this;
  }

  repaint(table) { // where its colours have changed
    if (this.table?.every((colour, i) => colour === table[i])) return;
    this.table = table;
    this.paint(table);
  }

  hatch(table, ranks) { // patterns by the classes' rank, outlines where the class changes
    const { width, height, values } = this.map, { pixels } = this;
    const step = 16 / Math.max(10, width / 40), dark = Uint32Array.from(table, shade);
    const line = Math.max(1, Math.round(width / 640)), ink = rgba(12, 17, 23);
    for (let y = 0, i = 0; y < height; y++) {
      const row = ((y * step) & 15) << 4;
      for (let x = 0; x < width; x++, i++) {
        const value = values[i];
        const right = x + line < width ? values[i + line] : value, below = y + line < height ? values[i + line * width] : value;
        const edge = (right !== value && (table[value] || table[right])) || (below !== value && (table[value] || table[below]));
        pixels[i] = edge ? ink : PATTERNS[ranks[value] & 7][row | ((x * step) & 15)] ? dark[value] : table[value];
      }
    }
    this.context.putImageData(this.image, 0, 0);
    return this;
  }
}

function fieldTable(measure) {
  const table = new Uint32Array(256), cut = state.view === "uncertainty" ? state.threshold[measure] : null;
  for (let level = 0; level < LEVELS; level++) {
    const t = level / (LEVELS - 1), hidden = cut !== null && (state.side === "below" ? t < cut : t > cut);
    table[level] = hidden ? 0 : rgba(...scaleColour(doubt(measure, t)));
  }
  return table;
}

function layerTable(layer) {
  const table = new Uint32Array(256);
  if (layer.kind === "classes") return classTable();
  if (layer.table) { layer.table(table); return table; }
  if (layer.kind === "scalar") for (let v = 0; v < 256; v++) table[v] = rgba(...scaleColour(v / 255));
  for (const code of layer.codes) table[code.value] = rgba(...hex(code.colour));
  return table;
}

// The classes of a run, the commonest first: patterns follow this rank, so that neighbours differ.
function ranks() {
  const area = new Float64Array(256);
  for (const card of run.cards.values()) for (const row of card.panel.classes) area[row.index] += row.area;
  const order = [...NAMES.keys()].sort((a, b) => area[b] - area[a]), rank = new Uint8Array(256);
  order.forEach((index, position) => { rank[index] = position; });
  return rank;
}

parts.paint = () => {
  const classes = classTable(), rank = state.patterns ? ranks() : null;
  const needed = state.view === "compare" ? [state.left, state.right] : null;
  for (const card of run.cards.values()) {
    const { id } = card.panel;
    if (card.labels && (needed ? needed.includes(`${id}:labels`) : classView())) {
      rank ? card.labels.hatch(classes, rank) : card.labels.paint(classes);
    }
    for (const [name, painting] of Object.entries(card.fields ?? {})) {
      if (needed ? needed.includes(`${id}:${name}`) : state.view === "uncertainty" && name === state.measure) painting.paint(fieldTable(name));
    }
  }
  for (const layer of run.layers.values()) layer.painting?.repaint(layerTable(layer));
  ask("draw");
};

function outline(map, value) { // the pixels just outside a region, for drawing it over any picture
  const { width, height, values } = map, canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d"), image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer);
  const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && values[y * width + x] === value;
  const line = Math.max(1, Math.round(width / 260));
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i++) {
    if (values[i] === value) continue;
    if (inside(x - line, y) || inside(x + line, y) || inside(x, y - line) || inside(x, y + line)) pixels[i] = rgba(255, 255, 255);
    else if (inside(x - 2 * line, y) || inside(x + 2 * line, y) || inside(x, y - 2 * line) || inside(x, y + 2 * line)) pixels[i] = rgba(12, 17, 23);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
