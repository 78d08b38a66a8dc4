// @ts-check
// The tab "Where they differ": a headline, one big map beside the regions in words, tables below.

import { sample } from "../../draw/sampling.js";
import { layerTable } from "../../draw/tables.js";
import { checkbox, make, radioBar } from "../../elements.js";
import { run, unfinished } from "../../run.js";
import { redraw, state } from "../../state.js";
import { MEAN_MAPS, conflictCodes, levelNow } from "./layers.js";
import { classLegend, codeLegend, conflictWords, scaleLegend } from "./legend.js";
import { RegionSurface, bigMap, shownLayer } from "./map.js";
import { askConflict, askDifferences, askMean, followRun, ownLayers } from "./questions.js";
import { regionList, regionWords } from "./regions.js";
import { SURE, differing, WITHIN } from "./state.js";
import { pairTable, pairWords, structureTable } from "./tables.js";
import { fillTeaser, offerLikeliest, sayHeadline, selectTab } from "./teaser.js";
import { placeViews } from "./views.js";
import { layerText } from "../../ui/readout.js";
import { showRegion } from "../../ui/regions.js";
import { fixed, percent, unbroken } from "../../wording.js";

/** @type {Record<string, any>} the tab's elements, once there is a place for them */
const parts = {};

const SHOWN = { votes: "Votes", split: "Split", conflict: "Conflict", majority: "Majority", together: "Together" };

const SHOWN_SAID = {
  votes: "How many different classes the networks name at each pixel.",
  split: "Whether the dispute runs between the families or inside one of them.",
  conflict: "Where at least two networks are sure of different classes: somebody is confidently wrong.",
  majority: "The class that most networks name; between equals, the one whose networks are surest.",
  together:
    "The mean of the networks' probabilities. It shows disagreement among different networks; " +
    "it is not Bayesian uncertainty.",
};

function makeParts() {
  parts.surface = new RegionSurface(bigMap, "Where the networks differ");
  parts.tip = make("div", { class: "zoo-tip", hidden: true });
  parts.surface.box.append(parts.tip);
  parts.surface.box.addEventListener("pointerup", (event) => {
    const point = parts.surface.point(event);
    const map = run.layers.get("regions")?.painting?.map;
    const number =
      point && map && state.pin?.x === point.x && state.pin?.y === point.y ? sample(map, point.x, point.y) : 0;
    if (number && number !== state.region) {
      showRegion(number);
      parts.list.querySelector(`[data-region='${number}']`)?.scrollIntoView({ block: "nearest" });
    }
  });
  parts.headline = make("p", { class: "zoo-headline", "aria-live": "polite" });
  parts.caution = make("p", { class: "zoo-caution" });
  parts.boundaries = checkbox(
    "Hide boundary-only disputes",
    "Disputes that are only a shifted boundary count as agreed; the majority settles them",
    (on) => overlook({ boundaries: on }),
  );
  parts.mild = checkbox(
    "Ignore mild disputes",
    "House or building is mild, cat or rug is severe: only different kinds of thing count as dispute",
    (on) => overlook({ mild: on }),
  );
  parts.distance = make("input", {
    type: "range",
    min: 0.25,
    max: 2,
    step: 0.25,
    value: WITHIN * 100,
    "aria-label": "How far a boundary may be shifted, percent of the diagonal",
    oninput: sayDistance,
    onchange: () => overlook({ distance: parts.distance.value / 100 }),
  });
  parts.distanceText = make("output", {});
  parts.controls = make(
    "div",
    { class: "zoo-row" },
    parts.boundaries,
    make("label", { class: "zoo-strength" }, make("span", {}, "within"), parts.distance, parts.distanceText),
    parts.mild,
    (parts.busy = make("span", { class: "zoo-quiet", role: "status" })),
  );
  parts.choice = radioBar("zoo-differ-map", "Which map", SHOWN, differing.show, showMap);
  parts.field = make(
    "select",
    {
      class: "zoo-select",
      "aria-label": "Which map of the mean",
      onchange: () => {
        differing.field = parts.field.value;
        redraw("paint", "glass", "tab:differ");
      },
    },
    ...Object.entries(MEAN_MAPS).map(([id, [title]]) => new Option(title, id)),
  );
  parts.threshold = make("input", {
    type: "range",
    min: 5,
    max: 99,
    step: 1,
    value: 80,
    "aria-label": "Confidence from which a network counts as sure",
    oninput: moveThreshold,
    onchange: askConflict,
  });
  parts.thresholdText = make("output", {});
  parts.sure = make(
    "label",
    { class: "zoo-strength" },
    make("span", {}, "Sure from"),
    parts.threshold,
    parts.thresholdText,
  );
  parts.said = make("p", { class: "zoo-quiet" });
  parts.legend = make("div", { class: "zoo-legend" });
  parts.list = make("div", { class: "zoo-differ-list" });
  parts.main = make(
    "div",
    { class: "zoo-differ-main" },
    make(
      "section",
      { "aria-label": "Map" },
      make("div", { class: "zoo-row" }, parts.choice, parts.field, parts.sure),
      parts.said,
      parts.surface.box,
      parts.legend,
    ),
    parts.list,
  );
  parts.tables = make("div", { class: "zoo-differ-tables" });
  parts.all = make(
    "div",
    { class: "zoo-differ-all" },
    parts.headline,
    parts.caution,
    parts.controls,
    parts.main,
    parts.tables,
  );
}

function sayDistance() {
  const share = parts.distance.value / 100;
  const pixels = share * Math.hypot(run.width, run.height);
  parts.distanceText.textContent = `${Number(parts.distance.value)} % · ${fixed(pixels, 1)} px`;
  parts.distance.setAttribute(
    "aria-valuetext",
    `${Number(parts.distance.value)} percent of the diagonal, ${fixed(pixels, 1)} pixels`,
  );
}

function overlook(changes) {
  Object.assign(differing, changes);
  redraw("link");
  if (run.id && differing.models && !unfinished().length) askDifferences();
}

function showMap(name) {
  differing.show = name;
  if (name === "together") askMean();
  redraw("paint", "glass", "tab:differ");
}

/** No server needed: the map tells from which threshold on each pixel is in conflict. */
function moveThreshold() {
  differing.threshold = parts.threshold.value / 100;
  const layer = run.layers.get("conflict");
  if (layer) {
    layer.codes = conflictCodes();
    layer.painting?.paint(layerTable(layer));
  }
  redraw("draw", "tab:differ");
}

function fillDiffer() {
  const { reply } = differing;
  fillTeaser();
  if (!parts.all) return;
  const some = Boolean(reply?.maps);
  parts.headline.textContent = unbroken(sayHeadline());
  parts.caution.textContent = some ? run.caution : "";
  parts.main.hidden = parts.controls.hidden = !some;
  parts.busy.textContent = differing.asking && some ? "Counting again ..." : "";
  parts.boundaries.input.checked = differing.boundaries;
  parts.mild.input.checked = differing.mild;
  if (parts.distance !== document.activeElement) parts.distance.value = differing.distance * 100;
  sayDistance();
  parts.all.style.setProperty("--picture", run.width / Math.max(1, run.height));
  if (some) fillMap();
  fillRegions();
  fillTables();
  redraw("draw", "glass");
}

function fillMap() {
  const { show, reply, mean } = differing;
  const legend = [];
  parts.choice.pick(show);
  parts.field.hidden = show !== "together";
  parts.field.value = differing.field;
  parts.sure.hidden = show !== "conflict";
  parts.threshold.value = levelNow();
  parts.thresholdText.textContent = fixed(differing.threshold, 2);
  parts.said.textContent =
    show === "together" && differing.averaging
      ? "Averaging the networks' probabilities ..."
      : mean?.message && show === "together"
        ? mean.message
        : SHOWN_SAID[show];
  const layer = shownLayer();
  if (layer?.kind === "codes") legend.push(codeLegend(layer.codes));
  if (show === "conflict") legend.push(conflictWords());
  if (show === "majority") legend.push(classLegend(reply.majority, reply.class_set, reply.cannot_say));
  if (show === "together" && mean?.maps)
    legend.push(
      layer?.kind === "scalar" ? scaleLegend(layer) : classLegend(mean.classes, mean.class_set, mean.cannot_say),
    );
  parts.legend.replaceChildren(...legend);
  parts.surface.box.setAttribute("aria-label", `${SHOWN[show]}: ${SHOWN_SAID[show]} ${reply.headline}`);
}

function fillRegions() {
  const regions = differing.reply?.regions;
  if (regions && parts.list.regions !== regions) {
    const covered = regions.reduce((sum, region) => sum + region.area, 0);
    const copy = make("button", { type: "button", class: "zoo-button", "data-copy": regionWords() }, "Copy");
    parts.list.replaceChildren(
      make(
        "header",
        {},
        make("h3", {}, "Disputed regions"),
        make("span", { class: "zoo-quiet" }, regions.length ? `${percent(covered)} of the photo` : ""),
        regions.length ? copy : "",
      ),
      regions.length
        ? make(
            "p",
            { class: "zoo-quiet" },
            "Largest and surest first. In brackets: how sure those networks are there, 0 to 1, on average. " +
              "Severe: different kinds of thing.",
          )
        : "",
      regions.length ? regionList(regions) : make("p", { class: "zoo-quiet" }, "None but shifted boundaries."),
    );
    parts.list.regions = regions;
  }
  for (const button of parts.list.querySelectorAll(".zoo-region"))
    button.setAttribute("aria-pressed", String(Number(button.dataset.region) === state.region));
  placeViews(parts.list);
}

function fillTables() {
  const { reply, mean } = differing;
  const key = [reply, mean];
  if (parts.tables.key?.every((value, i) => value === key[i])) return;
  parts.tables.key = key;
  const some = Boolean(reply?.maps);
  const pixels = differing.distance * Math.hypot(run.width, run.height);
  parts.tables.replaceChildren(
    some
      ? make(
          "section",
          {},
          make("h3", {}, "Who agrees with whom"),
          make("p", { class: "zoo-quiet" }, pairWords()),
          pairTable(),
        )
      : "",
    reply?.structures?.length
      ? make(
          "section",
          {},
          make("h3", {}, "Boundaries and fragments"),
          make(
            "p",
            { class: "zoo-quiet" },
            `Near: within ${fixed(pixels, 1)} px of a boundary of the model's own map, ` +
              `on the ${run.width} × ${run.height} grid.`,
          ),
          structureTable(reply.structures),
        )
      : "",
  );
}

function sayTip() {
  const point = state.hover ?? state.pin;
  const layer = point && shownLayer();
  const words = layer?.painting && parts.surface.visible ? layerText(layer, point) : "";
  parts.tip.hidden = !words;
  parts.tip.textContent = words;
}

const putLink = () => ({
  map: differing.show === "votes" ? null : differing.show === "together" ? differing.field : differing.show,
  sure: differing.threshold === SURE ? null : String(differing.threshold),
  boundaries: differing.boundaries ? "hidden" : null,
  mild: differing.mild ? "ignored" : null,
  within: differing.distance === WITHIN ? null : String(differing.distance),
});

/** @param {URLSearchParams} query */
function takeLink(query) {
  const map = query.get("map") ?? "votes";
  const sure = Number(query.get("sure") ?? SURE);
  if (Object.hasOwn(MEAN_MAPS, map)) Object.assign(differing, { show: "together", field: map });
  else differing.show = Object.hasOwn(SHOWN, map) ? /** @type {any} */ (map) : "votes";
  differing.threshold = sure >= 0.05 && sure <= 0.99 ? Math.round(sure * 100) / 100 : SURE;
  const within = Number(query.get("within") ?? WITHIN);
  const overlooked = {
    boundaries: query.get("boundaries") === "hidden",
    mild: query.get("mild") === "ignored",
    distance: within >= 0.0025 && within <= 0.02 ? Math.round(within * 400) / 400 : WITHIN,
  };
  const others = Object.entries(overlooked).some(([key, value]) => differing[key] !== value);
  if (others && differing.run === run.id) overlook(overlooked);
  else Object.assign(differing, overlooked);
  if (differing.show === "together") askMean();
}

/** @type {import("../../ui/tabs.js").Tab} */
export const differ = {
  name: "differ",
  mount(root) {
    if (!parts.all) makeParts();
    root.replaceChildren(parts.all);
    redraw("tab:differ");
  },
  onRun: followRun,
  onDraw: {
    "tab:differ": fillDiffer,
    toolbar: () => parts.all?.classList.toggle("zoomed", state.zoom.k > 1),
    glass() {
      offerLikeliest();
      if (!parts.all) return;
      sayTip();
      fillRegions();
    },
  },
  layers: ownLayers,
  link: { put: putLink, take: takeLink },
  hears: { "differ-map": ({ map }) => showMap(map), tab: ({ name }) => selectTab(name) },
};
