// @ts-check
// The tab "What if": a change is chosen and seen, the networks answer again, and below the photo's stress ladder.

import { make, radioBar } from "../../elements.js";
import { finished, run } from "../../run.js";
import { redraw } from "../../state.js";
import { fillFields, fillPhoto, makeFields, makePhoto, sizeNow } from "./box.js";
import { fillLadder } from "./ladder.js";
import { askNetworks, askPreview, climb, followPhoto, saveFigure, stopWork, worked } from "./questions.js";
import { amountOf, kindNow, parts, whatIf } from "./state.js";
import { fillStrip } from "./strip.js";
import { amountWords, changeWords } from "./words.js";

const LADDER = { kept: "Labels kept", entropy: "Mean entropy" };

const button = (text, act, more = "") =>
  make("button", { type: "button", class: `zoo-button ${more}`, onclick: act }, text);

function makeParts() {
  const p = parts;
  p.kinds = make("div", { class: "zoo-what-kinds" });
  p.said = make("p", { class: "zoo-quiet" });
  p.amount = make("input", {
    type: "range",
    oninput: () => {
      whatIf.amounts[whatIf.kind] = Number(p.amount.value);
      fillAmount();
      askPreview();
    },
  });
  p.amountName = make("span", {});
  p.amountWords = make("output", {});
  p.slider = make("label", { class: "zoo-strength zoo-what-slider" }, p.amountName, p.amount, p.amountWords);
  p.fields = makeFields();
  p.class = make("select", {
    class: "zoo-select",
    onchange: () => {
      whatIf.name = p.class.value;
      askPreview();
    },
  });
  p.classes = make("label", { class: "zoo-strength" }, make("span", {}, "Class"), p.class);
  p.go = button("Ask the networks", askNetworks, "zoo-first");
  p.stop = button("Stop", stopWork);
  p.message = make("p", { class: "zoo-truth-message", role: "alert" });
  p.busy = make("p", { class: "zoo-quiet", role: "status" });
  p.photo = makePhoto();
  p.preview = make("img", { alt: "" });
  p.size = make("figcaption", {});
  p.sum = make("p", { class: "zoo-headline", "aria-live": "polite" });
  p.strip = make("div", { class: "zoo-what-strip" });
  p.explain = make(
    "p",
    { class: "zoo-quiet" },
    "A flipped, moved, cut or scaled photo is laid back over the first one before labels are compared; what only " +
      "one of the two shows is not compared. Most sensitive: the network with the largest share of changed labels.",
  );
  p.climb = button("Climb the ladder", climb, "zoo-first");
  p.stopLadder = button("Stop", stopWork);
  p.ladderBusy = make("span", { class: "zoo-quiet", role: "status" });
  p.number = radioBar("zoo-what-number", "Which number", LADDER, whatIf.number, (number) => {
    whatIf.number = number;
    fillLadder();
  });
  p.saved = make("span", { class: "zoo-quiet", role: "status" });
  p.files = make(
    "div",
    { class: "zoo-row", role: "group", "aria-label": "Figure of the ladder" },
    button("Figure as PNG", () => saveFigure("png")),
    button("SVG", () => saveFigure("svg")),
    button("PDF", () => saveFigure("pdf")),
    p.saved,
  );
  p.ladderKey = make("p", { class: "zoo-what-key" });
  p.refused = make("p", { class: "zoo-quiet" });
  p.charts = make("div", { class: "zoo-what-charts" });
  p.table = make("div", {});
  p.all = make(
    "div",
    { class: "zoo-what-all" },
    make(
      "div",
      { class: "zoo-what-top" },
      make(
        "section",
        { "aria-label": "The change" },
        p.kinds,
        p.said,
        p.slider,
        p.fields,
        p.classes,
        make("div", { class: "zoo-row" }, p.go, p.stop),
        p.message,
        p.busy,
      ),
      make(
        "section",
        { class: "zoo-what-views", "aria-label": "The photo and the changed photo" },
        make("figure", {}, p.photo, (p.hint = make("figcaption", {}))),
        make("figure", {}, p.preview, p.size),
      ),
    ),
    p.sum,
    p.strip,
    p.explain,
    make(
      "section",
      { class: "zoo-what-ladder", "aria-label": "Stress ladder" },
      make("h3", {}, "Stress ladder"),
      make(
        "p",
        { class: "zoo-quiet" },
        "Five corruptions of ImageNet-C, each at severities 1 to 5: how much of its labels each network keeps. " +
          "For a folder, with intervals, mean IoU and calibration: ",
        make("code", {}, "python\u00a0-m\u00a0demo\u00a0stress"),
      ),
      make("div", { class: "zoo-row" }, p.climb, p.stopLadder, p.ladderBusy),
      p.refused,
      make("div", { class: "zoo-row" }, p.number),
      p.ladderKey,
      p.charts,
      p.table,
      p.files,
    ),
  );
  let seen = false;
  new ResizeObserver(() => {
    const before = seen;
    seen = p.all.offsetParent !== null;
    if (seen && !before) followPhoto(); // its tab has been chosen
  }).observe(p.all);
}

function makeKinds() {
  const options = Object.fromEntries(whatIf.told.kinds.map(({ id, title }) => [id, title]));
  const bar = radioBar("zoo-what-kind", "How the photo is changed", options, whatIf.kind, (kind) => {
    whatIf.kind = kind;
    whatIf.message = "";
    askPreview();
    fill();
  });
  parts.kinds.replaceChildren(bar);
}

function fillAmount() {
  const kind = kindNow();
  parts.slider.hidden = !kind?.amount;
  if (!kind?.amount) return;
  const { name, low, high, step } = kind.amount;
  Object.assign(parts.amount, { min: low, max: high, step });
  parts.amount.value = String(amountOf(kind));
  parts.amountName.textContent = name;
  parts.amountWords.textContent = amountWords();
  parts.amount.setAttribute("aria-valuetext", amountWords());
}

function fill() {
  const p = parts;
  if (!p.all) return;
  if (whatIf.told && !p.kinds.childElementCount) makeKinds();
  const kind = kindNow();
  const some = finished().length > 0;
  p.said.textContent = some ? (kind?.sentence ?? "") : "Segment a photo first: then it can be changed here.";
  fillAmount();
  fillFields();
  fillPhoto();
  fillClasses();
  p.go.disabled = !kind || !some || Boolean(whatIf.busy || whatIf.message);
  p.climb.disabled = !some || Boolean(whatIf.busy);
  p.stop.hidden = whatIf.busy !== "change";
  p.stopLadder.hidden = whatIf.busy !== "ladder";
  p.busy.textContent = whatIf.busy === "change" ? whatIf.doing : "";
  p.ladderBusy.textContent = whatIf.busy === "ladder" ? whatIf.doing : "";
  p.message.textContent = whatIf.message;
  p.message.hidden = !whatIf.message;
  p.hint.textContent = `${photoWords()}${kind?.box ? ": draw the box with the pointer, or type it" : ""}`;
  p.preview.hidden = p.size.hidden = !whatIf.preview;
  if (whatIf.preview && p.preview.src !== whatIf.preview.url) {
    const { width, height, url } = whatIf.preview;
    Object.assign(p.preview, { src: url, alt: `The changed photo: ${changeWords()}` });
    p.size.textContent = `The changed photo, ${width} × ${height}`;
  }
  fillStrip();
  fillLadder();
}

/** What is changed: a large photo at a smaller size, which is the one that boxes and blurs are given in. */
function photoWords() {
  const [width, height] = sizeNow();
  return width === run.photoWidth ? "The photo" : `The photo at ${width} × ${height}, about the size that networks see`;
}

function fillClasses() {
  const { class: choice, classes } = parts;
  classes.hidden = !kindNow()?.named;
  const about = whatIf.names.join();
  if (choice.about !== about) {
    choice.about = about;
    choice.replaceChildren(...whatIf.names.map((name) => new Option(name, name)));
  }
  choice.value = whatIf.name;
}

/** @type {import("../../ui/tabs.js").Tab} */
export const what_if = {
  name: "what_if",
  mount(root) {
    if (!parts.all) makeParts();
    root.replaceChildren(parts.all);
    redraw("tab:what_if");
  },
  onRun: followPhoto,
  onDraw: { "tab:what_if": fill, paint: () => parts.all && fillStrip(true), draw: () => parts.all && fillPhoto() },
  hears: { "what_if-worked": worked },
};
