// @ts-check
// Above the panels: how far the networks agree, and the way to the tabs below.

import { bringUp, make } from "../../elements.js";
import { emit } from "../../events.js";
import { finished, run, unfinished } from "../../run.js";
import { change, state } from "../../state.js";
import { differing } from "./state.js";
import { grid } from "../../ui/cards.js";
import { shownTop } from "../../ui/scale.js";
import { toolbar } from "../../ui/toolbar.js";
import { setView } from "../../ui/view.js";
import { unbroken } from "../../wording.js";

const teaser = make("p", { class: "zoo-teaser", hidden: true });

export function fillTeaser() {
  const { reply } = differing;
  const all = run.cards.size;
  const lead = reply?.lead;
  const waiting = unfinished().length > 0;
  const words = lead ?? (waiting ? `${finished().length} of ${all} have answered.` : sayHeadline());
  if (!teaser.isConnected) grid.before(teaser);
  teaser.hidden = !run.id;
  teaser.replaceChildren(
    all > 1 ? make("span", {}, unbroken(words)) : "",
    all > 1 && lead
      ? make(
          "button",
          { type: "button", class: "zoo-more", onclick: () => openTab("Where they differ") },
          "Where they differ ↓",
        )
      : "",
    likeliest,
    all > 1 && lead ? make("small", { class: "zoo-caution" }, run.caution) : "",
  );
  if (!questions.isConnected) teaser.after(questions);
  questions.hidden = !reply?.maps;
}

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
  state.threshold.entropy = SURE / shownTop("entropy");
  change({ measure: "entropy", side: "below" });
  setView("uncertainty");
  bringUp(toolbar);
}

/** Nats: as unsure as between two equally likely classes. */
const SURE = Math.log(2);

// What a click on a pixel asks for lies below the panels. Keeping the button's place keeps the panels in theirs.
const likeliest = make(
  "button",
  { type: "button", class: "zoo-more", style: "visibility: hidden", onclick: () => openTab("Pixel") },
  "Five likeliest ↓",
);

export const offerLikeliest = () => {
  likeliest.style.visibility = state.pin ? "visible" : "hidden";
};

export function openTab(name) {
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("#tabs [role=tab]");
  const button = [...buttons].find((candidate) => candidate.textContent.trim() === name);
  button?.click();
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
  return differing.asking ? "Comparing the answers ..." : "No network has answered, so there is nothing to compare.";
}
