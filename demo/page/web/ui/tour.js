// @ts-check
// A tour of one minute over the first example: it does what it tells, can be left at any step, and is offered once.

import { make } from "../elements.js";
import { emit } from "../events.js";
import { finished, onRun, run, unfinished } from "../run.js";
import { state } from "../state.js";
import { inspect } from "./inspect.js";
import { isolate } from "./legend.js";
import { setView } from "./view.js";

const SEEN = "zoo-tour";

/** @typedef {{say: string, where: string, act: () => void}} Step what it says, the place it is about, what it does */

/** @type {Step[]} */
const STEPS = [
  {
    say:
      "Each panel is one network's answer to the same photo: the class it gives every pixel. A class has one " +
      "colour in all panels, so colours can be compared across.",
    where: "#zoo-grid",
    act: () => setView("overlay"),
  },
  {
    say:
      "A legend lists what a network sees, with its share of the picture and its mean entropy. Here its " +
      "largest class is shown alone, in every panel; the same row brings the rest back.",
    where: "#zoo-grid .zoo-legend ul",
    act: () => {
      const largest = finished()[0]?.classes[0];
      if (largest && state.isolated !== largest.index) isolate(largest.index);
    },
  },
  {
    say:
      "Uncertainty: bright is where a network hesitates between classes, on one scale for all. It is most " +
      "often along outlines. A network can be sure and wrong: dark is no proof.",
    where: ".zoo-toolbar",
    act: () => {
      if (state.isolated !== null) isolate(state.isolated);
      setView("uncertainty");
    },
  },
  {
    say:
      "Any pixel can be asked. The crosshair stands in the middle now, and the tab Pixel tells each network's " +
      "five likeliest classes there.",
    where: "#tabs",
    act: () => {
      setView("overlay");
      inspect({ x: run.width >> 1, y: run.height >> 1 });
      emit("tab", { name: "Pixel" });
    },
  },
  {
    say:
      "Where they differ: in how many classes the networks part, whether CNNs stand against transformers, and " +
      "each disputed region in words. The names above the panels tell what each network is.",
    where: "#tabs",
    act: () => {
      emit("differ-map", { map: "votes" });
      emit("tab", { name: "Where they differ" });
    },
  },
];

const text = make("p", { id: "zoo-tour-text", "aria-live": "polite" });
const next = make("button", { type: "button", class: "zoo-button zoo-first" });
const leave = make("button", { type: "button", class: "zoo-button", onclick: end });
export const tour = make(
  "section",
  { class: "zoo-tour", "aria-label": "Tour", hidden: true },
  text,
  make("div", { class: "zoo-row" }, next, leave),
);
next.addEventListener("click", () => show(step + 1));
tour.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  end();
});

let step = -1;

const remembered = () => {
  try {
    return localStorage.getItem(SEEN);
  } catch {
    return "no storage, so it would be offered for ever";
  }
};

onRun(() => {
  if (step < 0 && tour.hidden && run.example && finished().length && !unfinished().length && !remembered()) offer();
});

function offer() {
  remember();
  text.textContent = "New here? A tour of this page on this photo takes a minute.";
  Object.assign(next, { textContent: "Take the tour" });
  Object.assign(leave, { textContent: "No, thanks" });
  tour.hidden = false;
}

function remember() {
  try {
    localStorage.setItem(SEEN, "offered");
  } catch {
    /* private window: see remembered() */
  }
}

/** @param {number} number of the step, from 0 */
function show(number) {
  if (number >= STEPS.length) return end();
  step = number;
  const { say, where, act } = STEPS[number];
  act();
  text.textContent = `${number + 1} of ${STEPS.length}. ${say}`;
  next.textContent = number + 1 < STEPS.length ? "Next" : "Done";
  leave.textContent = "Leave the tour";
  leave.hidden = number + 1 === STEPS.length;
  requestAnimationFrame(() => {
    mark(where);
    next.focus({ preventScroll: true });
  });
}

/** @param {string} [where] */
function mark(where) {
  document.querySelectorAll(".zoo-toured").forEach((node) => node.classList.remove("zoo-toured"));
  const node = where && document.querySelector(where);
  if (!node) return;
  node.classList.add("zoo-toured");
  const free = innerHeight - tour.offsetHeight - 32; // above what the tour itself covers
  const { top, bottom } = node.getBoundingClientRect();
  if (top < 0 || Math.min(bottom, top + free / 2) > free) node.scrollIntoView({ block: "start" });
}

function end() {
  const held = tour.contains(document.activeElement);
  mark();
  if (step >= 0 && state.isolated !== null) isolate(state.isolated);
  step = -1;
  tour.hidden = true;
  /** @type {HTMLElement | null} */
  const panel = held ? document.querySelector("#zoo-grid .zoo-surface") : null;
  panel?.focus({ preventScroll: true }); // a hidden button would drop the focus
}
