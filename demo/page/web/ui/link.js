// @ts-check
// The address bar always holds a link to what is shown; a photo of the visitor's own, and what is in it, never gets
// there. Each photo has its entry in the browser's history, with all of the state, for Back and Forward and a reload.

import { measureOf, measures, nameOf } from "../draw/classes.js";
import { publishPalette } from "../draw/tables.js";
import { clamp } from "../draw/sampling.js";
import { emit, hear } from "../events.js";
import { page } from "../page.js";
import { finished, photoPoint, run, unfinished } from "../run.js";
import { change, onDraw, OPACITY, opacityOf, redraw, state } from "../state.js";
import { knowsMap } from "./compare.js";
import { inspect } from "./inspect.js";
import { showRegion } from "./regions.js";
import { VIEWS } from "./view.js";

/** @typedef {{put: () => Record<string, string | null>, take: (query: URLSearchParams) => void}} Linked */

/** @type {Linked[]} what tabs add to the link */
const others = [];

/** @param {Linked} linked */
export function addLinked(linked) {
  others.push(linked);
}

/** The pixel a link points at, once its photo has been answered. */
export function arrive() {
  const { x, y, pixel } = state.arrival;
  state.arrival = null;
  redraw("link");
  if (pixel && finished().length && Number.isFinite(x) && Number.isFinite(y)) {
    inspect({
      x: clamp(Math.floor((x * run.width) / run.photoWidth), 0, run.width - 1),
      y: clamp(Math.floor((y * run.height) / run.photoHeight), 0, run.height - 1),
    });
  }
}

/** What of a link waits until what it names is there. @type {Map<string, string>} */
const wishes = new Map();

/** @type {Record<string, (value: string) => boolean | null>} true: done; false: cannot be; null: not yet */
const GRANT = {
  class(name) {
    if (state.isolated !== null) return false; // the visitor was sooner
    const number = page.names.indexOf(name);
    const seen = finished().some((panel) => panel.classes.some((row) => nameOf(panel.class_set, row.index) === name));
    if (number < 0 || !seen) return unfinished().length ? null : false;
    change({ isolated: number }, "legend", "paint", "toolbar");
    return true;
  },
  first(id) {
    if (run.layers.get(id)?.kind === "regions") return false;
    if (!run.layers.has(id)) return null;
    change({ first: id }, "layout", "paint");
    return true;
  },
  region(text) {
    const number = Number(text);
    const map = run.layers.get("regions")?.painting?.map;
    if (!map) return null;
    if (state.region || !Number.isInteger(number) || !map.values.includes(number) || number < 1) return false;
    showRegion(number);
    return true;
  },
  tab(name) {
    const button = tabButtons().find(({ id }) => TAB.exec(id)?.[1] === name);
    button?.click();
    return Boolean(button);
  },
  alone(id) {
    if (id !== "photo" && !run.cards.has(id)) return unfinished().length ? null : false;
    change({ solo: id }, "layout", "draw", "toolbar");
    return true;
  },
  left: (key) => grantSide("left", key),
  right: (key) => grantSide("right", key),
};

/**
 * @param {"left" | "right"} side
 * @param {string} key
 */
function grantSide(side, key) {
  if (!knowsMap(key)) return unfinished().length || key.startsWith("layer:") ? null : false;
  change({ [side]: key }, "paint", "toolbar");
  return true;
}

function grantWishes() {
  if (!run.id) return;
  for (const [key, value] of wishes) if (GRANT[key](value) !== null) wishes.delete(key);
}

/** @returns {Record<string, string | number | null>} what is shown, but for the defaults */
function everything() {
  const place = state.pin && photoPoint(state.pin);
  const cut = state.threshold[state.measure] ?? null;
  const doubt = state.view === "uncertainty";
  const swipe = state.view === "compare";
  const opacity = state.opacity[opacityOf()];
  return {
    view: state.view === "overlay" ? null : state.view,
    measure: doubt && state.measure !== measures()[0].id ? state.measure : null,
    hide: doubt && cut !== null ? `${state.side}-${Math.round(cut * 1e4) / 1e4}` : null,
    stretch: state.stretch ? "yes" : null,
    grey: state.article ? "yes" : null,
    palette: state.palette === "distinct" ? null : state.palette,
    patterns: state.patterns ? "yes" : null,
    names: state.names ? null : "no",
    opacity: opacity === OPACITY[opacityOf()] ? null : opacity,
    left: swipe ? state.left : null,
    right: swipe ? state.right : null,
    cut: swipe && state.cut !== 0.5 ? state.cut : null,
    alone: state.solo,
    tab: openTab(),
    first: state.first === "photo" ? null : state.first,
    class: state.isolated === null ? null : page.names[state.isolated],
    region: state.region || null,
    x: place ? place.x : null,
    y: place ? place.y : null,
    ...Object.assign({}, ...others.map(({ put }) => put())),
    ...Object.fromEntries(wishes),
  };
}

/** Of an own photo the link does not tell what is in it. */
const OF_THE_PHOTO = ["x", "y", "class", "region"];

let timer = 0;

/** Browsers take only so many changes of the address in a while. */
function schedule() {
  timer ||= window.setTimeout(write, 200);
}

function write() {
  clearTimeout(timer);
  timer = 0;
  if (page.alone || state.arrival || !run.id || history.state?.zooRun !== run.id) return;
  const link = new URL(location.href);
  const put = (key, value) =>
    value === null || value === "" ? link.searchParams.delete(key) : link.searchParams.set(key, value);
  const own = !run.example;
  const all = everything();
  put("example", run.example || null);
  put("models", own ? null : [...run.cards.keys()].join(","));
  put("set", null);
  for (const [key, value] of Object.entries(all)) put(key, own && OF_THE_PHOTO.includes(key) ? null : value);
  const said = Object.entries(all).filter(([, value]) => value !== null && value !== "");
  const zooLink = new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString();
  const href = link.href.replaceAll("%2C", ",").replaceAll("%3A", ":");
  if (href !== location.href || zooLink !== history.state.zooLink)
    history.replaceState({ ...history.state, zooLink }, "", href);
}

onDraw("link", schedule);
onDraw("paint", schedule);
onDraw("toolbar", schedule);
onDraw("layout", () => {
  grantWishes();
  schedule();
});
onDraw("toolbar", grantWishes);

hear("arrived", () => {
  if (new URLSearchParams(location.search).get("example")) emit("run");
});

/** @param {string | null} text @returns {number | null} 0..1; null: it is none */
const share = (text) => (/^(0?\.\d+|0|1)$/.test(text ?? "") ? Number(text) : null);

/** @param {URLSearchParams} query takes over what it says; what it says wrongly is as if it were not there */
function take(query) {
  /** @type {(table: object, key: string) => any} */
  const named = (table, key) => Object.keys(table).find((name) => name === query.get(key));
  state.arrival = { x: Number(query.get("x")), y: Number(query.get("y")), pixel: query.has("x") && query.has("y") };
  state.view = named(VIEWS, "view") ?? "overlay";
  state.measure = measureOf(query.get("measure"))?.id ?? measures()[0].id;
  state.palette = query.get("palette") === "official" ? "official" : "distinct";
  state.stretch = query.get("stretch") === "yes";
  state.article = query.get("grey") === "yes";
  state.patterns = query.get("patterns") === "yes";
  state.names = query.get("names") !== "no";
  state.opacity[opacityOf()] = share(query.get("opacity")) ?? OPACITY[opacityOf()];
  state.cut = share(query.get("cut")) ?? 0.5;
  const [, side, cut] = /^(below|above)-(0?\.\d+|0|1)$/.exec(query.get("hide") ?? "") ?? [];
  if (side) state.side = /** @type {"below" | "above"} */ (side);
  state.threshold[state.measure] = cut === undefined ? null : Number(cut);
  wishes.clear();
  for (const key of Object.keys(GRANT)) if (query.get(key)) wishes.set(key, query.get(key));
  others.forEach((other) => other.take(query));
  if (!query.get("tab")) tabButtons()[0]?.click();
}

export function followLink() {
  const query = new URLSearchParams(location.search);
  if (query.get("example")) take(query);
  else if (history.state?.zooLink) coming = history.state.zooLink;
  else {
    take(query);
    state.arrival = null;
  }
}

/** @type {string | null} the state of a photo that Back, Forward or a reload has asked for, until the photo is there */
let coming = null;

/** The photo that was shown before a reload, by the store's key; none where the link names an example. */
export const lastShown = () => (new URLSearchParams(location.search).get("example") ? null : history.state?.zooRun);

/**
 * Another photo is about to be shown: it gets its entry, but for one that the visitor has come back to.
 *
 * @param {string} id the store's key
 */
export function enter(id) {
  if (timer) write(); // the last of the photo that is left
  const before = history.state?.zooRun;
  if (before === undefined) history.replaceState({ ...history.state, zooRun: id }, "");
  else if (before !== id) history.pushState({ zooRun: id }, "");
}

/** A photo has its place: what its entry says of it is shown again. */
export function entered() {
  if (coming === null) return;
  take(new URLSearchParams(coming));
  coming = null;
  publishPalette();
  redraw("layout", "legend", "paint", "toolbar");
}

window.addEventListener("popstate", ({ state: entry }) => {
  if (!entry?.zooRun) return;
  coming = entry.zooLink ?? "";
  if (entry.zooRun === run.id) {
    entered();
    if (state.arrival && !unfinished().length) arrive();
  } else emit("revisit", { id: entry.zooRun });
});

/** @type {HTMLElement | null} whose tabs are watched */
let watched = null;

function watchTabs() {
  const place = document.querySelector("#tabs");
  if (!place || place === watched) return;
  watched = /** @type {HTMLElement} */ (place);
  new MutationObserver(schedule).observe(place, {
    subtree: true,
    attributes: true,
    attributeFilter: ["aria-selected"],
  });
}

onDraw("layout", watchTabs);

const TAB = /^tab-(\w+)-button$/;

/** @type {() => HTMLElement[]} */
const tabButtons = () => [...document.querySelectorAll("#tabs [role=tab]")].map((tab) => /** @type {any} */ (tab));

function openTab() {
  const [first, ...rest] = tabButtons();
  const open = rest.find((tab) => tab.getAttribute("aria-selected") === "true");
  return (first && open && TAB.exec(open.id)?.[1]) ?? null;
}
