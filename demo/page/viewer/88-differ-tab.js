// The tab itself: a headline, one big map beside the regions in words, tables below.
const tab = {}; // its parts, once there is a place for them
const SHOWN = { votes: "Votes", split: "Split", conflict: "Conflict", majority: "Majority", together: "Together" };
const SHOWN_SAID = {
  votes: "How many different classes the networks name at each pixel.",
  split: "Whether the dispute runs between the families or inside one of them.",
  conflict: "Where at least two networks are sure of different classes: somebody is confidently wrong.",
  majority: "The class that most networks name; between equals, the one whose networks are surest.",
  together: "The mean of the networks' probabilities. It shows disagreement among different networks; it is not Bayesian uncertainty.",
};

class RegionSurface extends Surface { // the big map: regions carry their numbers, and can be chosen on it
  mark() {
    super.mark();
    if (!this.visible) return;
    const context = this.glass.getContext("2d"), ratio = this.glass.width / this.box.clientWidth, { scale, left, top } = this.frame;
    (differing.reply?.regions ?? []).forEach(({ point: [y, x] }, i) => {
      const chosen = state.region === i + 1, room = 12 * ratio; // whole, even where the region touches the frame
      const px = clamp(left + (x + 0.5) * scale, room, this.glass.width - room), py = clamp(top + (y + 0.5) * scale, room, this.glass.height - room);
      if (!inView(left + x * scale, this.glass.width) || !inView(top + y * scale, this.glass.height)) return;
      context.beginPath();
      context.arc(px, py, 10 * ratio, 0, 7);
      context.fillStyle = chosen ? "#0f766e" : "rgba(10,15,20,.82)";
      context.fill();
      context.lineWidth = 1.5 * ratio;
      context.strokeStyle = "#fff";
      context.stroke();
      context.fillStyle = "#fff";
      context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(String(i + 1), px, py + 0.5 * ratio);
    });
  }
}

const inView = (place, size) => place > -1 && place < size + 1;
const shownLayer = () => run.layers.get(differing.show === "together" ? differing.field : differing.show);

function bigMap() {
  const layer = shownLayer(), canvas = layer?.painting?.canvas;
  if (state.bare || !canvas) return [{ base: run.photo }];
  if (layer.kind === "classes") return [{ base: ground(), map: canvas, opacity: state.opacity.overlay }];
  return [{ base: run.grey, map: canvas, opacity: layer.kind === "scalar" ? 1 : 0.75 }];
}

function makeTab() {
  tab.surface = new RegionSurface(bigMap, "Where the networks differ");
  tab.tip = make("div", { class: "zoo-tip", hidden: true });
  tab.surface.box.append(tab.tip);
  tab.surface.box.addEventListener("pointerup", (event) => {
    const point = tab.surface.point(event), map = run.layers.get("regions")?.painting?.map;
    const number = point && map && state.pin?.x === point.x && state.pin?.y === point.y ? at(map, point.x, point.y) : 0;
    if (number && number !== state.region) { showRegion(number); tab.list.querySelector(`[data-region='${number}']`)?.scrollIntoView({ block: "nearest" }); }
  });
  tab.headline = make("p", { class: "zoo-headline", "aria-live": "polite" });
  tab.boundaries = toggle("Hide boundary-only disputes", "Disputes that are only a shifted boundary count as agreed; the majority settles them", (on) => overlook({ boundaries: on }));
  tab.mild = toggle("Ignore mild disputes", "House or building is mild, cat or rug is severe: only different kinds of thing count as dispute", (on) => overlook({ mild: on }));
  tab.distance = make("input", { type: "range", min: 0.25, max: 2, step: 0.25, value: 0.75, "aria-label": "How far a boundary may be shifted, percent of the diagonal", oninput: sayDistance, onchange: () => overlook({ distance: tab.distance.value / 100 }) });
  tab.distanceText = make("output", {});
  tab.controls = make("div", { class: "zoo-row" }, tab.boundaries, make("label", { class: "zoo-strength" }, make("span", {}, "within"), tab.distance, tab.distanceText), tab.mild, tab.busy = make("span", { class: "zoo-quiet", role: "status" }));
  tab.choice = choice("zoo-differ-map", "Which map", SHOWN, differing.show, showMap);
  tab.field = make("select", { class: "zoo-select", "aria-label": "Which map of the mean", onchange: () => { differing.field = tab.field.value; ask("paint", "glass", "differ"); } },
    ...Object.entries(MEAN_MAPS).map(([id, [title]]) => new Option(title, id)));
  tab.threshold = make("input", { type: "range", min: 5, max: 99, step: 1, value: 80, "aria-label": "Confidence from which a network counts as sure", oninput: moveThreshold, onchange: askConflict });
  tab.thresholdText = make("output", {});
  tab.sure = make("label", { class: "zoo-strength" }, make("span", {}, "Sure from"), tab.threshold, tab.thresholdText);
  tab.said = make("p", { class: "zoo-quiet" });
  tab.legend = make("div", { class: "zoo-legend" });
  tab.list = make("div", { class: "zoo-differ-list" });
  tab.main = make("div", { class: "zoo-differ-main" },
    make("section", { "aria-label": "Map" }, make("div", { class: "zoo-row" }, tab.choice, tab.field, tab.sure), tab.said, tab.surface.box, tab.legend), tab.list);
  tab.tables = make("div", { class: "zoo-differ-tables" });
  tab.all = make("div", { class: "zoo-differ-all" }, tab.headline, tab.controls, tab.main, tab.tables);
}

function sayDistance() {
  const share = tab.distance.value / 100, pixels = share * Math.hypot(run.width, run.height);
  tab.distanceText.textContent = `${Number(tab.distance.value)} % · ${pixels.toFixed(1)} px`;
  tab.distance.setAttribute("aria-valuetext", `${Number(tab.distance.value)} percent of the diagonal, ${pixels.toFixed(1)} pixels`);
}

function overlook(changes) {
  Object.assign(differing, changes);
  if (run.id && differing.models && !unfinished().length) askDifferences();
}

function showMap(name) {
  differing.show = name;
  if (name === "together") askMean();
  ask("paint", "glass", "differ");
}

function moveThreshold() { // no server needed: the map tells from which threshold on each pixel is in conflict
  differing.threshold = tab.threshold.value / 100;
  const layer = run.layers.get("conflict");
  if (layer) { layer.codes = conflictCodes(); layer.painting?.repaint(layerTable(layer)); }
  ask("draw", "differ");
}

const teaser = make("p", { class: "zoo-teaser", hidden: true }); // above the panels: how far they agree, and the way here

function fillTeaser() {
  const { reply } = differing, all = run.cards.size, some = reply?.headline?.split(". ")[0];
  if (!teaser.isConnected) grid.before(teaser);
  teaser.hidden = !run.id;
  teaser.replaceChildren(
    all > 1 ? make("span", {}, unbroken(some ? `${some.replace(/\.$/, "")}.` : unfinished().length ? `${finished().length} of ${all} have answered.` : sayHeadline())) : "",
    all > 1 && some ? make("button", { type: "button", class: "zoo-more", onclick: () => openTab("Where they differ") }, "Where they differ ↓") : "",
    likeliest);
}

// What a click on a pixel asks for lies below the panels. Keeping the button's place keeps the panels in theirs.
const likeliest = make("button", { type: "button", class: "zoo-more", style: "visibility: hidden", onclick: () => openTab("Pixel") }, "Five likeliest ↓");
const offerLikeliest = () => { likeliest.style.visibility = state.pin ? "visible" : "hidden"; };

function openTab(name) {
  const button = [...document.querySelectorAll("#tabs [role=tab]")].find((candidate) => candidate.textContent.trim() === name);
  button?.click();
  button?.focus({ preventScroll: true });
  bringUp(button);
}

const unbroken = (text) => text.replaceAll(" %", "\u00a0%"); // a number keeps its unit on its line

parts.differ = () => {
  const { reply } = differing;
  fillTeaser();
  if (!tab.all) return;
  const some = Boolean(reply?.maps);
  tab.headline.textContent = unbroken(sayHeadline());
  tab.main.hidden = tab.controls.hidden = !some;
  tab.busy.textContent = differing.asking && some ? "Counting again ..." : "";
  sayDistance();
  tab.all.style.setProperty("--picture", run.width / Math.max(1, run.height));
  if (some) fillMap();
  fillRegions();
  fillTables();
  ask("draw", "glass");
};

function sayHeadline() {
  const { reply } = differing, waiting = unfinished().length;
  if (!run.id) return "Choose a photo: where the networks differ on it appears here.";
  if (waiting) return `${finished().length} of ${run.cards.size} have answered; what they say together appears here when all have.`;
  if (reply) return reply.headline ?? reply.message;
  return differing.asking ? "Comparing the answers ..." : "No network has answered, so there is nothing to compare.";
}

function fillMap() {
  const { show, reply, mean } = differing, legend = [];
  tab.choice.pick(show);
  tab.field.hidden = show !== "together";
  tab.field.value = differing.field;
  tab.sure.hidden = show !== "conflict";
  tab.threshold.value = level();
  tab.thresholdText.textContent = differing.threshold.toFixed(2);
  tab.said.textContent = show === "together" && differing.averaging ? "Averaging the networks' probabilities ..." : mean?.message && show === "together" ? mean.message : SHOWN_SAID[show];
  const layer = shownLayer();
  if (layer?.kind === "codes") legend.push(codeLegend(layer.codes));
  if (show === "conflict") legend.push(conflictWords());
  if (show === "majority") legend.push(classLegend(reply.majority));
  if (show === "together" && mean?.maps) legend.push(layer?.kind === "scalar" ? scaleLegend(layer) : classLegend(mean.classes));
  tab.legend.replaceChildren(...legend);
  tab.surface.box.setAttribute("aria-label", `${SHOWN[show]}: ${SHOWN_SAID[show]} ${reply.headline}`);
}

const legendItem = (swatch, label, area) => make("li", { class: "zoo-code" }, swatch, make("span", { title: label }, label), area == null ? "" : make("b", {}, percent(area)));
const codeLegend = (codes) => make("ul", {}, ...codes.map((code) => legendItem(make("i", { class: code.colour ? "" : "photo", style: code.colour ? `background:${code.colour}` : "" }), code.label, code.area)));

function classLegend(rows, most = 10) {
  return make("ul", {}, ...rows.slice(0, most).map((row) => legendItem(make("i", { style: `background:var(--class-${row.index})` }), NAMES[row.index], row.area)),
    rows.length > most ? make("li", { class: "zoo-quiet" }, `and ${rows.length - most} smaller`) : "");
}

function scaleLegend(layer) {
  const ramp = make("canvas", { class: "zoo-differ-ramp", width: 256, height: 1, "aria-hidden": "true" }), context = ramp.getContext("2d");
  for (let x = 0; x < 256; x++) { context.fillStyle = css(scaleColour(x / 255)); context.fillRect(x, 0, 1, 1); }
  return make("div", { class: "zoo-differ-scale" }, make("span", {}, "0"), ramp, make("span", {}, `${layer.top.toFixed(2)} nats`), make("b", {}, `mean ${differing.mean.means[layer.id].toFixed(2)} nats`));
}

function conflictWords() {
  const { conflict, conflict_areas: areas } = differing.reply, fresh = conflict.threshold === differing.threshold;
  if (!conflictArea()) {
    const highest = areas.findLastIndex((area) => area > 0.001);
    return make("p", { class: "zoo-quiet" }, highest > 0 ? `Nobody is that sure of a different class. At ${(highest / 100).toFixed(2)} the first conflicts appear: ${percent(areas[highest])} of the photo.` : "No two networks name different classes.");
  }
  const rows = conflict.pairs.map(({ classes: [one, other], area }) => make("li", { class: "zoo-code" }, make("i", { style: `background:var(--class-${one})` }), make("i", { style: `background:var(--class-${other})` }),
    make("span", {}, `${NAMES[one]} or ${NAMES[other]}`), make("b", {}, percent(area))));
  return make("ul", { class: fresh ? "" : "stale", "aria-label": "Classes in conflict" }, ...rows, conflict.more ? make("li", { class: "zoo-quiet" }, `and ${conflict.more} more pairs`) : "");
}

function fillRegions() {
  const regions = differing.reply?.regions;
  if (regions && tab.list.regions !== regions) {
    const covered = regions.reduce((sum, region) => sum + region.area, 0);
    const copy = make("button", { type: "button", class: "zoo-button", onclick: () => copyRegions(copy) }, "Copy");
    tab.list.replaceChildren(
      make("header", {}, make("h3", {}, "Disputed regions"), make("span", { class: "zoo-quiet" }, regions.length ? `${percent(covered)} of the photo` : ""), regions.length ? copy : ""),
      regions.length ? make("p", { class: "zoo-quiet" }, "Largest and surest first; severe: different kinds of thing.") : "",
      regions.length ? regionList(regions) : make("p", { class: "zoo-quiet" }, "None but shifted boundaries."),
    );
    tab.list.regions = regions;
  }
  for (const button of tab.list.querySelectorAll(".zoo-region")) button.setAttribute("aria-pressed", String(Number(button.dataset.region) === state.region));
}

function fillTables() {
  const { reply, mean } = differing, key = [reply, mean];
  if (tab.tables.key?.every((value, i) => value === key[i])) return;
  tab.tables.key = key;
  const some = Boolean(reply?.maps), pixels = differing.distance * Math.hypot(run.width, run.height);
  tab.tables.replaceChildren(
    some ? make("section", {}, make("h3", {}, "Who agrees with whom"), make("p", { class: "zoo-quiet" }, pairWords()), pairTable()) : "",
    reply?.structures?.length ? make("section", {}, make("h3", {}, "Boundaries and fragments"),
      make("p", { class: "zoo-quiet" }, `Near: within ${pixels.toFixed(1)} px of a boundary of the model's own map, on the ${run.width} × ${run.height} grid.`), structureTable(reply.structures)) : "",
  );
}

function sayTip() {
  const point = state.hover ?? state.pin, layer = point && shownLayer();
  const told = layer?.painting && tab.surface.visible ? layerText(layer, point) : "";
  tab.tip.hidden = !told;
  tab.tip.textContent = told;
}

// What the other parts do, the tab follows.
const glassBefore = parts.glass, toolbarBefore = parts.toolbar;
parts.glass = () => { glassBefore(); offerLikeliest(); if (tab.all) { sayTip(); fillRegions(); } };
parts.toolbar = () => { toolbarBefore(); tab.all?.classList.toggle("zoomed", state.zoom.k > 1); };

hear("differ-here", ({ root }) => {
  if (!tab.all) makeTab();
  root.replaceChildren(tab.all);
  ask("differ");
});
