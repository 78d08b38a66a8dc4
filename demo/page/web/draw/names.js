// @ts-check
// Where on a map the names of its regions go.

/** @typedef {import("./sampling.js").GreyMap} GreyMap */

/**
 * @typedef {object} Place
 * @property {number} value the region's
 * @property {number} x 0..1 of the map's width, as far from the region's edge as a point of it can be
 * @property {number} y 0..1 of its height
 * @property {number} room 0..1 of its width: how far the edge is there
 */

const SIDE = 240; // long side of the grid on which places are sought
const [STRAIGHT, ASLANT] = [1, Math.SQRT2];

/**
 * A place for each connected region that covers at least `share` of the map, the largest first.
 *
 * @param {GreyMap} map 255 is no region
 * @param {number} share
 * @returns {Place[]}
 */
export function namePlaces(map, share = 0.015) {
  const { width, height, values } = coarse(map);
  const depth = depths(width, height, values);
  const seen = new Uint8Array(values.length);
  const stack = new Int32Array(values.length);
  const found = [];
  for (let start = 0; start < values.length; start++) {
    if (seen[start] || values[start] === 255) continue;
    let [pixels, inmost, top] = [0, start, 1];
    stack[0] = start;
    seen[start] = 1;
    while (top) {
      const i = stack[--top];
      pixels++;
      if (depth[i] > depth[inmost]) inmost = i;
      const x = i % width;
      const next = [x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width];
      for (const j of next) {
        if (j < 0 || j >= values.length || seen[j] || values[j] !== values[start]) continue;
        seen[j] = 1;
        stack[top++] = j;
      }
    }
    if (pixels < share * values.length) continue;
    const [x, y] = [inmost % width, Math.floor(inmost / width)];
    const place = { value: values[start], x: (x + 0.5) / width, y: (y + 0.5) / height, room: depth[inmost] / width };
    found.push({ pixels, place });
  }
  return found.sort((a, b) => b.pixels - a.pixels).map(({ place }) => place);
}

/** @param {GreyMap} map */
function coarse(map) {
  const scale = Math.min(1, SIDE / Math.max(map.width, map.height));
  if (scale === 1) return map;
  const width = Math.max(1, Math.round(map.width * scale));
  const height = Math.max(1, Math.round(map.height * scale));
  const values = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * map.height) / height) * map.width;
    for (let x = 0; x < width; x++, i++) values[i] = map.values[row + Math.floor(((x + 0.5) * map.width) / width)];
  }
  return { width, height, values };
}

/**
 * How far each pixel is from the nearest one of another value, or from the map's edge, in two sweeps.
 *
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} values
 */
function depths(width, height, values) {
  const depth = new Float32Array(values.length).fill(Infinity);
  /** @type {(i: number, u: number, v: number, far: number) => void} */
  const reach = (i, u, v, far) => {
    const j = v * width + u;
    const same = u >= 0 && v >= 0 && u < width && v < height && values[j] === values[i];
    depth[i] = Math.min(depth[i], same ? depth[j] + far : far);
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      reach(i, x - 1, y, STRAIGHT);
      reach(i, x, y - 1, STRAIGHT);
      reach(i, x - 1, y - 1, ASLANT);
      reach(i, x + 1, y - 1, ASLANT);
    }
  }
  for (let y = height - 1, i = values.length - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, i--) {
      reach(i, x + 1, y, STRAIGHT);
      reach(i, x, y + 1, STRAIGHT);
      reach(i, x + 1, y + 1, ASLANT);
      reach(i, x - 1, y + 1, ASLANT);
    }
  }
  return depth;
}
