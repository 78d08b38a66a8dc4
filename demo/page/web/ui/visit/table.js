// @ts-check
// The table of this visit's photos: a row a photo, sorted by any column, and the same as a CSV file.

import { make } from "../../elements.js";
import { duration, fixed, percent } from "../../wording.js";
import { onVisit, visit, visitChanged } from "./photos.js";

/** @typedef {import("./photos.js").Shot} Shot */

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {string} note
 * @property {string} key its name in the file
 * @property {(shot: Shot) => string | number | null | undefined} value
 * @property {(value: any) => string} text
 */

const share =
  (key) =>
  (/** @type {Shot} */ { numbers }) =>
    numbers?.[key];

/** @returns {Column[]} those of the networks that have answered among them */
function columns() {
  const titles = new Set(visit.shots.flatMap(({ numbers }) => (numbers?.networks ?? []).map(({ title }) => title)));
  const networks = [...titles].map((title) => ({
    title: `Entropy ${title}`,
    note: `Mean entropy of ${title} over all pixels, in nats`,
    key: `mean_entropy_${title}`,
    value: (/** @type {Shot} */ { numbers }) => numbers?.networks.find((one) => one.title === title)?.entropy,
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

const seconds = (/** @type {Shot} */ { numbers }) => numbers?.networks.reduce((sum, one) => sum + one.seconds, 0);

const sorting = { key: "", down: false };

/** @param {(shot: Shot) => void} show */
export function makeTable(show) {
  const head = make("tr", {});
  const body = make("tbody", {});
  const said = make("span", { class: "zoo-said", role: "status" });
  const table = make("table", { class: "zoo-table" }, make("thead", {}, head), body);
  const place = make(
    "div",
    { class: "zoo-scroll", tabindex: 0, role: "region", "aria-label": "Photos in numbers" },
    table,
  );
  const summary = make("summary", {});
  const file = make("button", { type: "button", class: "zoo-button", onclick: saveTable }, "Table as CSV");
  const details = make("details", { class: "zoo-visit-numbers", ontoggle: visitChanged }, summary, place, file, said);

  function sortBy(/** @type {Column} */ column) {
    sorting.down = sorting.key === column.key ? !sorting.down : column.key !== "photo";
    sorting.key = column.key;
    said.textContent = `Sorted by ${column.title}, ${sorting.down ? "largest" : "smallest"} first.`;
    visitChanged();
  }

  function fill() {
    const rows = sorted();
    summary.textContent = `The ${rows.length} photos in numbers`;
    details.hidden = rows.length < 2;
    if (details.hidden || !details.open) return;
    const all = columns();
    const held = head.contains(document.activeElement)
      ? [...head.children].findIndex((cell) => cell.contains(document.activeElement))
      : -1;
    head.replaceChildren(
      ...all.map((column) => {
        const sort = column.key !== sorting.key ? "none" : sorting.down ? "descending" : "ascending";
        const arrow = { none: "", ascending: " ▲", descending: " ▼" }[sort];
        return make(
          "th",
          { scope: "col", "aria-sort": sort, title: column.note },
          make(
            "button",
            { type: "button", onclick: () => sortBy(column) },
            column.title,
            make("span", { "aria-hidden": "true" }, arrow),
          ),
        );
      }),
    );
    head.children[held]?.querySelector("button").focus();
    body.replaceChildren(...rows.map((shot) => row(shot, all, show)));
  }

  onVisit(fill);
  return details;
}

/**
 * @param {Shot} shot
 * @param {Column[]} all
 * @param {(shot: Shot) => void} show
 */
function row(shot, [first, ...others], show) {
  const name = make("button", { type: "button", class: "zoo-more", onclick: () => show(shot) }, shot.name);
  const cells = others.map(({ value, text }) => {
    const found = value(shot);
    return make("td", {}, found == null ? "–" : text(found));
  });
  return make(
    "tr",
    { "aria-current": visit.current === shot ? "true" : null },
    make("th", { scope: "row" }, name),
    ...cells,
  );
}

function sorted() {
  const column = columns().find(({ key }) => key === sorting.key);
  if (!column) return visit.shots;
  const sign = sorting.down ? -1 : 1;
  return [...visit.shots].sort((a, b) => {
    const [one, other] = [column.value(a), column.value(b)];
    if (one == null || other == null) return Number(one == null) - Number(other == null); // the unknown comes last
    return sign * (typeof one === "string" ? one.localeCompare(String(other)) : one - Number(other));
  });
}

/** The table as text, in the order in which it is shown. */
export function csv() {
  const all = columns();
  const lines = sorted().map((shot) => all.map(({ value }) => value(shot) ?? ""));
  return [all.map(({ key }) => key), ...lines].map((cells) => cells.map(quoted).join(",")).join("\r\n") + "\r\n";
}

/** A spreadsheet would compute what begins like a formula. */
const quoted = (value) => {
  const text = typeof value === "string" && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function saveTable() {
  const url = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  make("a", { href: url, download: "photos.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
