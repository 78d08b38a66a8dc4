// @ts-check
// The tab "Why": where each network's label at the crosshair comes from, on one scale for all.

import { css } from "../../draw/colours.js";
import { nameOf } from "../../draw/classes.js";
import { scaleColour } from "../../draw/tables.js";
import { make, radioBar, scrolled } from "../../elements.js";
import { finished, photoPoint, run, titleOf } from "../../run.js";
import { redraw, state } from "../../state.js";
import { WhySurface, heatTable } from "./picture.js";
import { askAll, followRun, stopAsking, worked } from "./questions.js";
import { asked, rows } from "./state.js";
import { fixed, percent, unbroken } from "../../wording.js";

const KINDS = { field: "Receptive field", attribution: "Class attribution", rollout: "Attention rollout" };

const OVERS = { pixel: "this pixel", region: "its region", photo: "the whole photo" };

const SAID = {
  field:
    "Which pixels the score of the label hangs on, and how strongly: the gradient of that score with respect to the " +
    "network's input, the effective receptive field. It does not say what in them speaks for the class: for that see " +
    "Class attribution. A region and the whole photo are asked of at 9 pixels, and the mean is shown.",
  attribution:
    "What speaks for the class in the features that the network's last layers are given (Seg-Grad-CAM). Each map " +
    "runs to its own maximum: the colours of two networks do not compare. The whole photo means all of its pixels " +
    "that the network gives that class.",
  rollout:
    "From which patches attention mixes the pixel's own, through all layers, where the network is a ViT. Another " +
    "thing than the receptive field: it follows attention alone and knows no class.",
};

const INVITATION = "Click a pixel in any panel: here the networks tell where their label at that pixel comes from.";

/** @type {Record<string, any>} the tab's elements, once there is a place for them */
const parts = {};

/** @type {Map<string, {surface: WhySurface, node: HTMLElement, words: HTMLElement, head: HTMLElement}>} by model */
const figures = new Map();

function choose(changes) {
  Object.assign(asked, changes);
  redraw("tab:why");
}

function makeParts() {
  parts.kind = radioBar("zoo-why-kind", "What is shown", KINDS, asked.kind, (kind) => choose({ kind }));
  parts.over = make(
    "select",
    { class: "zoo-select", "aria-label": "Of which pixels", onchange: () => choose({ over: parts.over.value }) },
    ...Object.entries(OVERS).map(([id, title]) => new Option(title, id)),
  );
  parts.name = make("select", {
    class: "zoo-select",
    "aria-label": "For which class",
    onchange: () => choose({ name: parts.name.value }),
  });
  parts.go = make("button", { type: "button", class: "zoo-button zoo-first", onclick: askAll }, "Ask the networks");
  parts.stop = make("button", { type: "button", class: "zoo-button zoo-why-stop", onclick: stopAsking }, "Stop");
  parts.busy = make("span", { class: "zoo-quiet", role: "status" });
  parts.lead = make("p", { class: "zoo-lead", "aria-live": "polite" });
  parts.said = make("p", { class: "zoo-quiet zoo-why-said" });
  parts.legend = make("div", { class: "zoo-why-legend" });
  parts.figures = make("div", { class: "zoo-why-figures" });
  parts.copy = make("button", { type: "button", class: "zoo-button" }, "Copy the numbers");
  parts.table = make("div", {});
  parts.all = make(
    "div",
    { class: "zoo-why-all" },
    make(
      "div",
      { class: "zoo-row" },
      parts.kind,
      make("label", { class: "zoo-why-choice" }, make("span", {}, "of"), parts.over),
      make("label", { class: "zoo-why-choice" }, make("span", {}, "for"), parts.name),
      parts.go,
      parts.stop,
      parts.busy,
    ),
    parts.said,
    parts.lead,
    parts.legend,
    parts.figures,
    parts.table,
    parts.copy,
  );
}

/** The classes that some network sees, the largest first. */
function seen() {
  const areas = new Map();
  for (const panel of finished())
    for (const { index, area } of panel.classes) {
      const name = nameOf(panel.class_set, index);
      areas.set(name, (areas.get(name) ?? 0) + area);
    }
  return [...areas].sort((a, b) => b[1] - a[1]).map(([name]) => name);
}

function fillChoices() {
  const names = seen();
  if (parts.names !== names.join()) {
    parts.names = names.join();
    parts.name.replaceChildren(
      new Option("each network's own label", ""),
      ...names.map((name) => new Option(name, name)),
    );
  }
  if (!names.includes(asked.name)) asked.name = "";
  parts.name.value = asked.name;
  parts.over.value = asked.over;
  parts.kind.pick(asked.kind);
}

/** How far each network looked, in one sentence. */
function reading() {
  /** @type {Map<string, string[]>} titles by what is said of them */
  const told = new Map();
  for (const { model, row } of rows())
    if (row?.words) told.set(row.words, [...(told.get(row.words) ?? []), titleOf(model)]);
  if (!told.size) return "";
  const verb = asked.question.kind === "rollout" ? "mixes" : "decided";
  const parts = [...told].map(([words, titles], i) => `${titles.join(", ")} ${i ? "" : `${verb} `}${words}`);
  return `${parts.join("; ")}. That far reaches 90 % of its map.`;
}

function lead() {
  const { question, busy } = asked;
  if (!run.id || (!state.pin && !question)) return INVITATION;
  if (!question) {
    const { x, y } = photoPoint(state.pin);
    const slow = "each takes a few times as long as its answer";
    return `Pixel x ${x}, y ${y}. The networks are asked one after another; ${slow}.`;
  }
  const place = `${question.over === "photo" ? "The whole photo" : `Pixel x ${question.x}, y ${question.y}`}`;
  return busy && !asked.rows.size ? `${place}: asking ...` : `${place}. ${reading()}`;
}

/** Whether what is shown answers what is chosen by now. */
const fresh = () => {
  const { question, kind, over, name } = asked;
  const place = state.pin && photoPoint(state.pin);
  return Boolean(
    question &&
    place &&
    (question.over === "photo" || (place.x === question.x && place.y === question.y)) &&
    question.kind === kind &&
    question.over === over &&
    question.name === name,
  );
};

function fillLegend() {
  const { row } = rows().find(({ row }) => row?.painting) ?? {};
  parts.legend.hidden = !row;
  if (!row) return;
  const ramp = make("canvas", { class: "zoo-why-ramp", width: 256, height: 1, "aria-hidden": "true" });
  const context = ramp.getContext("2d");
  for (let x = 0; x < 256; x++) {
    context.fillStyle = css(scaleColour(x / 255));
    context.fillRect(x, 0, 1, 1);
  }
  const [low, high] = row.ends;
  const own = asked.question.kind === "attribution";
  parts.legend.replaceChildren(
    make("span", {}, own ? "0" : `${low} ×`),
    ramp,
    make("span", {}, own ? "its own maximum" : `${high} × an even spread over the photo`),
    ...(row.radii && row.points.length === 1
      ? [make("span", { class: "zoo-why-ring" }, "holds 50 %"), make("span", { class: "zoo-why-ring most" }, "90 %")]
      : []),
  );
}

/**
 * What is said below a picture.
 *
 * @param {import("./state.js").Row | undefined} row
 * @param {string} model
 */
function wordsOf(row, model) {
  if (!row) return asked.busy === model ? "Asking ..." : asked.busy ? "Waits its turn." : "Not asked.";
  if (row.message) return row.message;
  if (!row.radii) return row.name;
  const say = (i) => `${fixed(row.radii[i], 0)} px (${percent(row.shares[i])} of the diagonal)`;
  const padding = row.padding >= 0.005 ? ` ${percent(row.padding)} lies on padding.` : "";
  return `${row.name}: half within ${say(0)}, 90 % within ${say(1)}.${padding}`;
}

function fillFigures() {
  const wanted = asked.models.filter((model) => run.cards.has(model));
  for (const [model, { surface }] of figures)
    if (!wanted.includes(model)) {
      surface.drop();
      figures.delete(model);
    }
  for (const model of wanted) {
    if (!figures.has(model)) {
      const surface = new WhySurface(model, titleOf(model));
      const words = make("p", {});
      const head = make("h3", {}, titleOf(model));
      figures.set(model, { surface, words, head, node: make("figure", {}, head, surface.box, words) });
    }
    const { surface, words } = figures.get(model);
    const row = asked.rows.get(model);
    row?.painting?.paint(heatTable());
    words.textContent = unbroken(wordsOf(row, model));
    surface.box.setAttribute("aria-label", `${titleOf(model)}. ${words.textContent}`);
  }
  parts.figures.style.setProperty("--picture", String(run.width / Math.max(1, run.height)));
  const nodes = wanted.map((model) => figures.get(model).node);
  if (nodes.some((node, i) => node !== parts.figures.children[i]) || nodes.length !== parts.figures.children.length)
    parts.figures.replaceChildren(...nodes);
}

const COLUMNS = ["Network", "Class", "50 % within", "of the diagonal", "90 % within", "of the diagonal", "if even"];

function fillTable() {
  const told = rows().filter(({ row }) => row?.radii);
  parts.copy.hidden = parts.table.hidden = !told.length;
  if (!told.length) return;
  const lines = told.map(({ model, row }) => [
    titleOf(model),
    row.name,
    `${fixed(row.radii[0], 0)} px`,
    percent(row.shares[0]),
    `${fixed(row.radii[1], 0)} px`,
    percent(row.shares[1]),
    `${fixed(row.even[0], 0)} and ${fixed(row.even[1], 0)} px`,
  ]);
  const head = make("tr", {}, ...COLUMNS.map((name) => make("th", { scope: "col" }, name)));
  const body = lines.map(([first, ...rest]) =>
    make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((text) => make("td", {}, unbroken(text)))),
  );
  const table = make("table", { class: "zoo-table" }, make("thead", {}, head), make("tbody", {}, ...body));
  parts.table.replaceChildren(scrolled("How far each network looked", table));
  parts.copy.dataset.copy = [COLUMNS, ...lines].map((line) => line.join("\t")).join("\n");
}

function fill() {
  if (!parts.all) return;
  const { busy, models } = asked;
  fillChoices();
  parts.said.textContent = SAID[asked.kind];
  parts.lead.textContent = unbroken(lead());
  parts.go.disabled = Boolean(busy) || !state.pin || !finished().length;
  parts.go.textContent = asked.question && !busy && !fresh() ? "Ask again" : "Ask the networks";
  parts.stop.hidden = !busy;
  parts.busy.textContent = busy ? `${titleOf(busy)}, ${models.indexOf(busy) + 1} of ${models.length} ...` : "";
  parts.figures.classList.toggle("stale", !busy && !fresh());
  fillLegend();
  fillFigures();
  fillTable();
  redraw("draw", "glass");
}

/** The crosshair has moved: what can be asked has changed, and no picture. */
function followCross() {
  const key = `${state.pin?.x},${state.pin?.y}`;
  if (parts.at === key) return;
  parts.at = key;
  redraw("tab:why");
}

/** @type {import("../../ui/tabs.js").Tab} */
export const why = {
  name: "why",
  mount(root) {
    if (!parts.all) makeParts();
    root.replaceChildren(parts.all);
    redraw("tab:why");
  },
  onRun: followRun,
  onDraw: { "tab:why": fill, glass: followCross, paint: fillFiguresAgain },
  hears: { "why-worked": worked },
};

/** The colours of the scale have changed. */
function fillFiguresAgain() {
  if (!parts.all || !asked.rows.size) return;
  fillLegend();
  fillFigures();
}
