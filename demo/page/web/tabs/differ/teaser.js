// @ts-check
// Above the panels: how far the networks agree, and the way to the tabs below.

import { bringUp, fillOnce, make } from "../../elements.js";
import { hiddenShare } from "../../draw/levels.js";
import { emit } from "../../events.js";
import { page } from "../../page.js";
import { finished, run, unfinished } from "../../run.js";
import { change, state } from "../../state.js";
import { differing } from "./state.js";
import { grid } from "../../ui/cards.js";
import { shownTop } from "../../ui/scale.js";
import { toolbar } from "../../ui/toolbar.js";
import { setView } from "../../ui/view.js";
import { unbroken } from "../../wording.js";

const teaser = make("p", { class: "zoo-teaser", hidden: true });

/** All that will stand here has its place from the beginning, so that nothing moves when the answers have come. */
export function fillTeaser() {
  const { reply } = differing;
  const several = run.cards.size > 1;
  const waiting = unfinished().length > 0;
  const words = reply?.lead ?? (waiting ? `${finished().length} of ${run.cards.size} have answered.` : sayHeadline());
  if (!teaser.isConnected) grid.before(teaser, questions);
  teaser.hidden = !run.id;
  questions.hidden = !run.id || !several;
  fillOnce(teaser, [several, words, run.caution], () =>
    teaser.replaceChildren(
      ...(several ? [make("span", {}, unbroken(words)), toTab] : []),
      likeliest,
      several ? make("small", { class: "zoo-caution" }, run.caution) : "",
    ),
  );
  for (const button of questions.querySelectorAll("button")) button.disabled = !reply?.maps;
}

const toTab = make(
  "button",
  { type: "button", class: "zoo-more", onclick: () => openTab("Where they differ") },
  "Where they differ ↓",
);

/** @type {[string, () => void][]} */
const QUESTIONS = [
  ["CNNs against transformers?", () => showMap("split")],
  ["Who is confidently wrong?", () => showMap("conflict")],
  ["Where are they unsure?", showDoubt],
];

const questions = make(
  "div",
  { class: "zoo-questions", role: "group", "aria-label": "Questions to begin with", hidden: true },
  ...QUESTIONS.map(([text, act]) => make("button", { type: "button", class: "zoo-question", onclick: act }, text)),
);

/** @param {string} map of the tab's */
function showMap(map) {
  emit("differ-map", { map });
  openTab("Where they differ");
}

/** The uncertainty of every network on one scale, with what all are sure of out of the way. */
function showDoubt() {
  state.threshold.entropy = surest();
  change({ measure: "entropy", side: "below" });
  setView("uncertainty");
  bringUp(toolbar);
}

/** As unsure as between two equally likely classes; between four, eight ... where that leaves most of all maps bare. */
function surest() {
  const maps = [...run.cards.values()].flatMap(({ fields }) => fields?.entropy ?? []);
  const hidden = (cut) => maps.reduce((sum, { counts }) => sum + hiddenShare(counts, page.levels, cut, "below"), 0);
  let classes = 2;
  const cut = () => Math.log(classes) / shownTop("entropy");
  while (hidden(cut()) < LEAST_HIDDEN * maps.length && classes < MOST_CLASSES) classes *= 2;
  return cut();
}

const LEAST_HIDDEN = 0.2;

const MOST_CLASSES = 16;

// What a click on a pixel asks for lies below the panels. Keeping the button's place keeps the panels in theirs.
const likeliest = make(
  "button",
  { type: "button", class: "zoo-more", style: "visibility: hidden", onclick: () => openTab("Pixel") },
  "Five likeliest ↓",
);

export const offerLikeliest = () => {
  likeliest.style.visibility = state.pin ? "visible" : "hidden";
};

/** Without moving the page, which the tour does itself. */
export function selectTab(name) {
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("#tabs [role=tab]");
  const button = [...buttons].find((candidate) => candidate.textContent.trim() === name);
  button?.click();
  return button;
}

export function openTab(name) {
  const button = selectTab(name);
  button?.focus({ preventScroll: true });
  bringUp(button);
}

export function sayHeadline() {
  const { reply } = differing;
  const waiting = unfinished().length;
  if (!run.id) return "Choose a photo: where the networks differ on it appears here.";
  const answered = `${finished().length} of ${run.cards.size} have answered`;
  if (waiting) return `${answered}; what they say together appears here when all have.`;
  if (reply) return reply.headline ?? reply.message;
  return finished().length ? "Comparing the answers ..." : "No network has answered, so there is nothing to compare.";
}
