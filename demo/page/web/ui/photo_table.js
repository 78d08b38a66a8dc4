// @ts-check
// A table of photos in numbers: a row a photo, sorted by any column, and the same as a CSV file.

import { make } from "../elements.js";
import { duration, fixed, percent } from "../wording.js";

/** @typedef {{name: string, numbers: import("../wire.d.ts").PhotoNumbers | null}} Told what a row is made of */

/**
 * @template {Told} Photo
 * @typedef {object} Of
 * @property {() => Photo[]} photos in the order in which they came
 * @property {() => Photo | null} current the one that is shown
 * @property {(photo: Photo) => void} show
 * @property {() => void} changed called when the order has changed, to have the table filled again
 * @property {string} file the name of the CSV file
 */

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {string} note
 * @property {string} key its name in the file
 * @property {(photo: Told) => string | number | null | undefined} value
 * @property {(value: any) => string} text
 */

const share =
  (key) =>
  (/** @type {Told} */ { numbers }) =>
    numbers?.[key];

/**
 * @param {Told[]} photos
 * @returns {Column[]} those of the networks that have answered among them
 */
function columns(photos) {
  const titles = new Set(photos.flatMap(({ numbers }) => (numbers?.networks ?? []).map(({ title }) => title)));
  const networks = [...titles].map((title) => ({
    title: `Entropy ${title}`,
    note: `Mean entropy of ${title} over all pixels, in nats`,
    key: `mean_entropy_${title}`,
    value: (/** @type {Told} */ { numbers }) => numbers?.networks.find((one) => one.title === title)?.entropy,
    text: (value) => fixed(value, 2),
  }));
  return [
    { title: "Photo", note: "The file's name", key: "photo", value: ({ name }) => name, text: String },
    {
      title: "Agree",
      note: "All say the same class: share of the photo",
      key: "agreement",
      value: share("agreement"),
      text: percent,
    },
    {
      title: "Split",
      note: "CNNs against transformers: share of the photo",
      key: "split",
      value: share("split"),
      text: percent,
    },
    {
      title: "Conflict",
      note: "Two networks sure (0.8 or more) of different classes: share of the photo",
      key: "conflict",
      value: share("conflict"),
      text: percent,
    },
    ...networks,
    { title: "Time", note: "All networks together, on this server", key: "seconds", value: seconds, text: duration },
  ];
}

const seconds = (/** @type {Told} */ { numbers }) => numbers?.networks.reduce((sum, one) => sum + one.seconds, 0);

/**
 * @template {Told} Photo
 * @param {Of<Photo>} of
 * @returns {{parts: HTMLElement[], fill: () => void}} `fill` says again what the photos' numbers are
 */
export function photoTable({ photos, current, show, changed, file }) {
  const sorting = { key: "", down: false };
  const head = make("tr", {});
  const body = make("tbody", {});
  const said = make("span", { class: "zoo-said", role: "status" });
  const table = make("table", { class: "zoo-table" }, make("thead", {}, head), body);
  const place = make(
    "div",
    { class: "zoo-scroll zoo-photo-table", tabindex: 0, role: "region", "aria-label": "Photos in numbers" },
    table,
  );
  const save = make(
    "button",
    { type: "button", class: "zoo-button", onclick: () => saveText(csv(), file) },
    "Table as CSV",
  );

  function sortBy(/** @type {Column} */ column) {
    sorting.down = sorting.key === column.key ? !sorting.down : column.key !== "photo";
    sorting.key = column.key;
    said.textContent = `Sorted by ${column.title}, ${sorting.down ? "largest" : "smallest"} first.`;
    changed();
  }

  function sorted() {
    const column = columns(photos()).find(({ key }) => key === sorting.key);
    if (!column) return photos();
    const sign = sorting.down ? -1 : 1;
    return [...photos()].sort((a, b) => {
      const [one, other] = [column.value(a), column.value(b)];
      if (one == null || other == null) return Number(one == null) - Number(other == null); // the unknown comes last
      return sign * (typeof one === "string" ? one.localeCompare(String(other)) : one - Number(other));
    });
  }

  /** The table as text, in the order in which it is shown. */
  function csv() {
    const all = columns(photos());
    const lines = sorted().map((photo) => all.map(({ value }) => value(photo) ?? ""));
    return [all.map(({ key }) => key), ...lines].map((cells) => cells.map(quoted).join(",")).join("\r\n") + "\r\n";
  }

  function heading(/** @type {Column} */ column) {
    const sort = column.key !== sorting.key ? "none" : sorting.down ? "descending" : "ascending";
    const arrow = { none: "", ascending: " ▲", descending: " ▼" }[sort];
    const mark = make("span", { "aria-hidden": "true" }, arrow);
    const button = make("button", { type: "button", onclick: () => sortBy(column) }, column.title, mark);
    return make("th", { scope: "col", "aria-sort": sort, title: column.note }, button);
  }

  function row(/** @type {Photo} */ photo, /** @type {Column[]} */ [, ...others]) {
    const name = make("button", { type: "button", class: "zoo-more", onclick: () => show(photo) }, photo.name);
    const cells = others.map(({ value, text }) => {
      const found = value(photo);
      return make("td", {}, found == null ? "–" : text(found));
    });
    const here = current() === photo ? "true" : null;
    return make("tr", { "aria-current": here }, make("th", { scope: "row" }, name), ...cells);
  }

  function fill() {
    const all = columns(photos());
    const held = [...head.children].findIndex((cell) => cell.contains(document.activeElement));
    head.replaceChildren(...all.map(heading));
    head.children[held]?.querySelector("button").focus();
    const kept = [...body.children].findIndex((line) => line.contains(document.activeElement));
    body.replaceChildren(...sorted().map((photo) => row(photo, all)));
    body.children[kept]?.querySelector("button").focus({ preventScroll: true });
  }

  return { parts: [place, save, said], fill };
}

/** A spreadsheet would compute what begins like a formula. */
const quoted = (value) => {
  const text = typeof value === "string" && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function saveText(/** @type {string} */ text, /** @type {string} */ name) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
