// @ts-check
// How each architecture goes from photo to classes, drawn with few lines in the theme's colours.

import { makeSvg } from "../elements.js";

const HEIGHT = 132;
const MIDDLE = 60;

/** @typedef {SVGElement} Drawn */

/** @type {(x: number, text: string, y?: number) => Drawn} */
const word = (x, text, y = HEIGHT - 6) => makeSvg("text", { x, y, "text-anchor": "middle" }, text);

/** @type {(x: number, y: number, w: number, h: number, look?: string) => Drawn} */
const box = (x, y, w, h, look = "plain") => makeSvg("rect", { x, y, width: w, height: h, class: look });

/** @type {(points: number[][], look?: string) => Drawn} */
const line = (points, look = "flow") => makeSvg("polyline", { points: points.map(String).join(" "), class: look });

/** @type {(from: number, to: number, y?: number) => Drawn[]} */
const arrow = (from, to, y = MIDDLE) => [
  line([
    [from, y],
    [to, y],
  ]),
  line([
    [to - 5, y - 4],
    [to, y],
    [to - 5, y + 4],
  ]),
];

/** A square grid with its middle at MIDDLE; `filled` says which cells are of another class. */
function cells(x, size, count, filled = (column, row) => false, y = MIDDLE - size / 2) {
  const side = size / count;
  const all = [];
  for (let row = 0; row < count; row++)
    for (let column = 0; column < count; column++)
      all.push(box(x + column * side, y + row * side, side, side, filled(column, row) ? "cell on" : "cell"));
  return all;
}

/** Features: sheets one behind the other. */
const sheets = (x, size, count) =>
  Array.from({ length: count }, (_, i) => box(x + 5 * i, MIDDLE - size / 2 - 4 * i + 4, size, size, "sheet"));

/** The photo: a hill with a tree before the sky. */
const photo = (x) => [
  box(x, MIDDLE - 34, 68, 68, "sky"),
  makeSvg("path", { d: `M${x} ${MIDDLE + 20}q34 -34 68 -8v22h-68z`, class: "hill" }),
  makeSvg("circle", { cx: x + 46, cy: MIDDLE - 4, r: 13, class: "tree" }),
  box(x + 44, MIDDLE + 8, 4, 14, "tree"),
  word(x + 34, "photo"),
];

/** The answer, its outline drawn as the network can. */
const answer = (x, outline, crown) => [
  box(x, MIDDLE - 34, 68, 68, "sky"),
  makeSvg("path", { d: `M${x} ${MIDDLE + 34}v${outline}V${MIDDLE + 34}z`, class: "hill" }),
  makeSvg("path", { d: crown, class: "tree" }),
  word(x + 34, "classes"),
];

const smooth = (x) => answer(x, "-14q34 -34 68 -8", `M${x + 33} ${MIDDLE - 4}a13 13 0 1 1 26 0l-11 9v14h-4v-14z`);

const round = (x) => [
  ...answer(x, "-12q34 -26 68 -8", `M${x + 30} ${MIDDLE + 2}a17 17 0 1 1 34 0q-10 24 -24 12z`),
  makeSvg("circle", { cx: x + 16, cy: MIDDLE + 24, r: 4, class: "tree" }),
];

const stepped = (x) =>
  answer(x, "-11h17v-11h17v-6h17v6h17v11", `M${x + 34} ${MIDDLE + 17}v-17h-8.5v-17h34v17h-8.5v17z`);

function sketch(width, ...parts) {
  return makeSvg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, class: "zoo-sketch" }, ...parts.flat(3));
}

export const fcn = () =>
  sketch(
    470,
    photo(4),
    arrow(78, 94),
    sheets(98, 52, 3),
    arrow(164, 178),
    sheets(182, 36, 4),
    word(166, "convolutions"),
    arrow(238, 254),
    cells(258, 40, 4, (column, row) => row > 2 || (row > 0 && column === 2)),
    word(278, "coarse grid"),
    arrow(304, 388),
    word(346, "enlarged", MIDDLE - 8),
    round(394),
  );

export const pspNet = () =>
  sketch(
    470,
    photo(4),
    arrow(78, 94),
    sheets(98, 44, 4),
    word(128, "convolutions"),
    [1, 2, 3, 6].map((count, i) => [
      line([
        [160, MIDDLE],
        [196, 14 + 30 * i],
      ]),
      cells(200, 24, count, (column, row) => (column + row) % 2 === 1, 2 + 30 * i),
      line([
        [228, 14 + 30 * i],
        [266, MIDDLE],
      ]),
    ]),
    word(212, "averages"),
    line(
      [
        [160, MIDDLE],
        [190, MIDDLE - 1],
        [240, MIDDLE - 1],
        [266, MIDDLE],
      ],
      "flow faint",
    ),
    box(268, MIDDLE - 22, 44, 44, "plain"),
    word(290, "join", MIDDLE + 4),
    arrow(316, 388),
    smooth(394),
  );

/** Nine taps, so far apart. */
const taps = (x, y, apart) =>
  [-1, 0, 1].flatMap((row) =>
    [-1, 0, 1].map((column) =>
      makeSvg("circle", { cx: x + column * apart, cy: y + row * apart, r: 2.4, class: "tap" }),
    ),
  );

export const deepLab = () =>
  sketch(
    470,
    photo(4),
    arrow(78, 94),
    sheets(98, 44, 3),
    [4, 7, 11].map((apart, i) => [
      line([
        [156, MIDDLE],
        [186, 18 + 38 * i],
      ]),
      taps(206, 18 + 38 * i, apart),
      line([
        [226, 18 + 38 * i],
        [262, MIDDLE],
      ]),
    ]),
    word(206, "near and far"),
    box(266, MIDDLE - 18, 60, 36, "plain"),
    word(296, "decoder", MIDDLE + 4),
    line([
      [112, MIDDLE - 34],
      [112, 6],
      [296, 6],
      [296, MIDDLE - 20],
    ]),
    word(340, "early layer", 12),
    arrow(330, 388),
    smooth(394),
  );

export const setr = () =>
  sketch(
    470,
    photo(4),
    [1, 2, 3].map((i) => [
      line(
        [
          [4 + 17 * i, MIDDLE - 34],
          [4 + 17 * i, MIDDLE + 34],
        ],
        "cut",
      ),
      line(
        [
          [4, MIDDLE - 34 + 17 * i],
          [72, MIDDLE - 34 + 17 * i],
        ],
        "cut",
      ),
    ]),
    arrow(78, 96),
    [0, 1, 2, 3, 4, 5].map((i) => [
      box(102 + 26 * i, 16, 14, 14, "plain"),
      box(102 + 26 * i, 90, 14, 14, "plain"),
      [0, 1, 2, 3, 4, 5].map((j) =>
        line(
          [
            [109 + 26 * i, 30],
            [109 + 26 * j, 90],
          ],
          "thread",
        ),
      ),
    ]),
    word(174, "every patch looks at every patch"),
    arrow(256, 272),
    cells(276, 44, 4, (column, row) => row > 2 || (row > 0 && column === 2)),
    word(300, "patches"),
    arrow(326, 388),
    stepped(394),
  );

export const segFormer = () =>
  sketch(
    470,
    photo(4),
    arrow(78, 92),
    [
      [96, 48, 8],
      [158, 40, 5],
      [212, 32, 3],
      [258, 24, 2],
    ].map(([x, size, count]) => [
      cells(x, size, count),
      line([
        [x + size / 2, MIDDLE - size / 2],
        [x + size / 2, 12],
        [316, 12],
        [316, MIDDLE - 20],
      ]),
    ]),
    arrow(146, 156),
    arrow(200, 210),
    arrow(246, 256),
    word(188, "fine to coarse"),
    box(294, MIDDLE - 18, 44, 36, "plain"),
    word(316, "head", MIDDLE + 4),
    arrow(342, 388),
    smooth(394),
  );
