// @ts-check
// What a visitor meets before the first photo: what this is, what to do, and something to do it with.

import { bringUp, make } from "../elements.js";
import { emit, hear } from "../events.js";
import { page } from "../page.js";
import { run } from "../run.js";
import { onDraw } from "../state.js";
import { photoCard } from "./cards.js";
import { choosePhotos } from "./drop.js";

export const empty = make("div", { class: "zoo-empty" });

onDraw("layout", () => {
  const held = run.id && empty.contains(document.activeElement);
  empty.hidden = Boolean(run.id);
  if (held) photoCard?.surface.box.focus({ preventScroll: true }); // a hidden button would drop it
});

const thumbs = make("div", { class: "zoo-examples", role: "group", "aria-label": "Example photos", hidden: true });
const stories = make(
  "p",
  { class: "zoo-stories", hidden: true },
  "Below each example: what the compact networks make of it.",
);

hear("examples-here", ({ examples }) => {
  page.examples = examples;
  thumbs.hidden = stories.hidden = !examples.length;
  thumbs.replaceChildren(
    ...examples.map((example) =>
      make(
        "button",
        { type: "button", class: "zoo-example", onclick: () => emit("choose", { name: example.name }) },
        make("img", { src: example.thumb, alt: "", width: example.width, height: example.height }),
        make("span", {}, example.title),
        make("small", {}, example.story),
      ),
    ),
  );
});

/** The tabs are hidden while they have nothing to say; this one needs no photo. */
function openStudy() {
  empty.dataset.many = "yes";
  const tab = /** @type {HTMLElement} */ (document.querySelector("#tab-study-button"));
  tab.click();
  tab.focus({ preventScroll: true });
  bringUp(tab);
}

export function makeEmpty() {
  const steps = [
    ["See", "what each network sees: every class it names, in one colour in all panels."],
    ["Doubt", "where it hesitates: entropy, confidence and margin, each on one fixed scale."],
    ["Point", "at any pixel and read every network's five likeliest classes there."],
  ];
  empty.append(
    make("h2", {}, "One photo, five architectures, every pixel accountable"),
    make(
      "p",
      {},
      make("span", { class: "zoo-for-mouse" }, "Drop photos anywhere on this page, paste one with Ctrl + V, "),
      make("span", { class: "zoo-for-touch" }, "Choose a photo "),
      "or take an example. FCN, PSPNet, DeepLabV3+, SETR and SegFormer answer side by side. " +
        "Nothing leaves the server that runs this page.",
    ),
    make("button", { type: "button", class: "zoo-button zoo-first", onclick: choosePhotos }, "Choose photos"),
    thumbs,
    stories,
    make(
      "p",
      {},
      "Many photos? ",
      make("button", { type: "button", class: "zoo-more", onclick: openStudy }, "Study them together"),
    ),
    make(
      "dl",
      { class: "zoo-steps" },
      ...steps.map(([term, text]) => make("div", {}, make("dt", {}, term), make("dd", {}, text))),
    ),
  );
  emit("examples-wanted");
}
