// @ts-check
// The strip above the panels: a button a photo, how far the queue is, and what this browser keeps.

import { make } from "../../elements.js";
import { emit, hear } from "../../events.js";
import { onRun } from "../../run.js";
import { fixed, percent, unbroken } from "../../wording.js";
import { DAYS, MOST, MOST_BYTES } from "./kept.js";
import { isBusy, onVisit, visit } from "./photos.js";
import { bringBack, followRun, forgetPhotos, goOn, kept, removeShot, showShot } from "./queue.js";
import { makeTable } from "./table.js";

/** @typedef {import("./photos.js").Shot} Shot */

const words = make("span", { class: "zoo-quiet zoo-visit-words" });
const stop = make(
  "button",
  { type: "button", class: "zoo-button", hidden: true, onclick: () => emit("stop") },
  "Stop the queue",
);
const on = make("button", { type: "button", class: "zoo-button", hidden: true, onclick: continueAll }, "Go on");
const list = make("ol", { class: "zoo-shots", "aria-label": "Photos of this visit", onkeydown: move });
const faults = make("ul", { class: "zoo-visit-faults", "aria-label": "Photos that failed", hidden: true });
const told = make("span", {});
const forget = make("button", { type: "button", class: "zoo-more", onclick: forgetPhotos }, "Forget these photos");
const keeping = make("p", { class: "zoo-quiet zoo-visit-kept" }, told, forget);

const strip = make(
  "section",
  { "aria-label": "Photos of this visit", hidden: true },
  make("div", { class: "zoo-row" }, make("h2", { class: "zoo-label" }, "Photos"), words, stop, on),
  list,
  faults,
  makeTable(showShot),
  keeping,
);

function continueAll() {
  goOn();
  list.querySelector("button[tabindex='0']")?.focus({ preventScroll: true }); // the pressed one is hidden now
}

/** @typedef {Record<"item" | "button" | "picture" | "name" | "fact", any>} Place */

/** @type {WeakMap<Shot, Place>} */
const places = new WeakMap();

/** @param {Shot} shot */
function placeOf(shot) {
  const known = places.get(shot);
  if (known) return known;
  const picture = make("img", { alt: "", hidden: true });
  const name = make("span", { class: "zoo-shot-name" });
  const fact = make("span", { class: "zoo-shot-fact" });
  const button = make(
    "button",
    { type: "button", class: "zoo-shot", tabindex: -1, onclick: () => showShot(shot) },
    make("span", { class: "zoo-shot-picture", "aria-hidden": "true" }, picture),
    name,
    fact,
  );
  const place = { item: make("li", {}, button), button, picture, name, fact };
  places.set(shot, place);
  return place;
}

/** @param {Shot} shot */
function factOf({ status, numbers, answered, of }) {
  if (status === "waiting") return "waits its turn";
  if (status === "sending") return "being sent";
  if (status === "asked") return of ? `${answered} of ${of} networks` : "being answered";
  if (status === "failed") return "no answer";
  if (numbers?.agreement != null) return unbroken(`agree ${percent(numbers.agreement)}`);
  if (status === "stopped") return "stopped";
  return status === "kept" ? "not asked yet" : "answered";
}

/** A camera's names differ at their ends, and a longer one would be cut there. */
const shortened = (/** @type {string} */ name) => (name.length > 11 ? `…${name.slice(-9)}` : name);

/** @param {Shot} shot */
function fillShot(shot) {
  const { item, button, picture, name, fact } = placeOf(shot);
  const shown = visit.current === shot;
  button.dataset.status = shot.status;
  button.title = shot.message || shot.name;
  if (shown) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
  if (shot.thumb && picture.getAttribute("src") !== shot.thumb) picture.src = shot.thumb;
  picture.hidden = !shot.thumb;
  name.textContent = shortened(shot.name);
  fact.textContent = factOf(shot);
  return item;
}

/** @type {Shot | null} */
let inSight = null;

function fill() {
  const { shots, current } = visit;
  strip.hidden = shots.length < 2 && !kept?.count;
  strip.classList.toggle("one", shots.length === 1 && shots[0] === current); // it is in the panels already
  if (strip.hidden) return;
  const items = shots.map(fillShot);
  if (items.length !== list.children.length || items.some((item, i) => item !== list.children[i])) {
    const held = /** @type {HTMLElement} */ (document.activeElement);
    const here = list.contains(held);
    list.replaceChildren(...items);
    if (here) held.focus({ preventScroll: true });
  }
  const buttons = [...list.querySelectorAll("button")];
  if (!buttons.some((button) => button.tabIndex === 0) || inSight !== current) {
    const first = current ? placeOf(current).button : buttons[0];
    for (const button of buttons) button.tabIndex = button === first ? 0 : -1;
    if (current && inSight !== current) bring(placeOf(current).item);
    inSight = current;
  }
  fillWords();
  fillFaults();
  fillKept();
}

/** Scrolls the strip alone. */
function bring(/** @type {HTMLElement} */ item) {
  const { offsetLeft, offsetWidth } = item;
  if (offsetLeft < list.scrollLeft || offsetLeft + offsetWidth > list.scrollLeft + list.clientWidth)
    list.scrollLeft = offsetLeft - 20;
}

function fillWords() {
  const { shots } = visit;
  const count = (...statuses) => shots.filter(({ status }) => statuses.includes(status)).length;
  const open = shots.filter(isBusy).length;
  const done = count("done");
  const failed = count("failed");
  const rest = count("stopped", "kept");
  const parts = [`${done} of ${shots.length} ${shots.length === 1 ? "photo has" : "photos have"} answers`];
  if (open) parts.push(`${open} to come`);
  if (failed) parts.push(`${failed} failed`);
  if (rest && !open) parts.push(`${rest} not asked${count("stopped") ? ", for the queue was stopped" : ""}`);
  words.textContent = parts.join(" · ");
  const held = stop === document.activeElement;
  stop.hidden = !open || shots.length < 2;
  on.hidden = Boolean(open) || !rest;
  if (held && stop.hidden) list.querySelector("button[tabindex='0']")?.focus({ preventScroll: true });
}

function fillFaults() {
  const failed = visit.shots.filter(({ status }) => status === "failed");
  const key = failed.map(({ id, message }) => id + message).join();
  if (faults.dataset.key === key) return;
  faults.dataset.key = key;
  faults.hidden = !failed.length;
  faults.replaceChildren(
    ...failed.map((shot) => {
      const label = `Take ${shot.name} from the strip`;
      const close = make(
        "button",
        { type: "button", class: "zoo-tool", "aria-label": label, onclick: () => removeShot(shot) },
        "×",
      );
      return make("li", {}, make("span", {}, shot.message), close);
    }),
  );
}

function fillKept() {
  forget.hidden = !kept?.count;
  const megabytes = (bytes) => fixed(Math.max(0.1, bytes / 1e6), bytes < 9.5e6 ? 1 : 0);
  const here = kept?.count
    ? `This browser keeps ${kept.count} of your photos, ${megabytes(kept.bytes)} MB, for a reload: the last ${MOST}, ` +
      `${MOST_BYTES / 1e6} MB at most, for ${DAYS} days. `
    : "This browser keeps none of your photos. ";
  const there = "The server deletes a photo within an hour of its last use, answers when others need their room. ";
  told.textContent = here + there;
}

/** Arrows move between photos, as in a toolbar. */
function move(/** @type {KeyboardEvent} */ event) {
  const buttons = [...list.querySelectorAll("button")];
  const now = buttons.indexOf(document.activeElement);
  const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (next === undefined || !buttons[next]) return;
  event.preventDefault();
  event.stopPropagation();
  for (const button of buttons) button.tabIndex = -1;
  buttons[next].tabIndex = 0;
  buttons[next].focus();
}

export function startVisit() {
  onVisit(fill);
  onRun(followRun);
  hear("visit-here", ({ root }) => root.replaceChildren(strip));
  emit("visit-wanted");
  bringBack();
}
