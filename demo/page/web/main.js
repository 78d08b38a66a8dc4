// @ts-check
// The viewer put in place; from here on the server's views and the visitor's hands move it.

import { addClassSet } from "./draw/classes.js";
import { publishPalette } from "./draw/tables.js";
import { fillPage, page } from "./page.js";
import { run } from "./run.js";
import { redraw } from "./state.js";
import { differ } from "./tabs/differ/tab.js";
import { pixel } from "./tabs/pixel.js";
import { study } from "./tabs/study/tab.js";
import { truth } from "./tabs/truth/tab.js";
import { what_if } from "./tabs/what_if/tab.js";
import { why } from "./tabs/why/tab.js";
import { aboutDialog } from "./teach/card.js";
import { keptServer } from "./ui/alone.js";
import "./ui/ahead.js";
import { sync } from "./ui/answers.js";
import { grid } from "./ui/cards.js";
import { makeStage, stage } from "./ui/compare.js";
import { listenForPhotos } from "./ui/drop.js";
import "./ui/copy.js";
import { keysDialog, makeKeys } from "./ui/keys.js";
import { figureDialog, makeFigure } from "./ui/figure.js";
import { followLink } from "./ui/link.js";
import { live } from "./ui/live.js";
import { noteBox } from "./ui/notes.js";
import { notice } from "./ui/notice.js";
import "./ui/place.js";
import "./ui/readout.js";
import { empty, makeEmpty } from "./ui/start.js";
import { startTab } from "./ui/tabs.js";
import { makeToolbar, toolbar } from "./ui/toolbar.js";
import { tour } from "./ui/tour.js";
import "./ui/turns.js";
import { startVisit } from "./ui/visit/strip.js";

const TABS = [pixel, differ, why, what_if, truth, study];

/** @param {import("./page.js").Given} given */
export function mount(given) {
  fillPage(given.kept ? { ...given, server: keptServer(given.kept) } : given);
  addClassSet(given.props.classes);
  makeToolbar();
  makeStage();
  makeEmpty();
  makeKeys();
  makeFigure();
  if (!page.alone) listenForPhotos();
  TABS.forEach(startTab);
  followLink();
  given.element
    .querySelector(".zoo")
    .append(live, notice, toolbar, empty, grid, stage, keysDialog, figureDialog, aboutDialog, noteBox, tour);
  publishPalette();
  new MutationObserver(() => redraw("paint")).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  if (!page.alone) startVisit();
  given.watch("value", sync);
  sync();
  redraw("layout", "toolbar", "paint");
  // the exact indices on screen, for whoever wants to check them
  const labels = (id) => run.cards.get(id)?.labels?.map;
  const layer = (id) => run.layers.get(id)?.painting?.map;
  // what the tabs add to the download, by their names
  const taken = () => Object.fromEntries(TABS.filter((tab) => tab.taken).map((tab) => [tab.name, tab.taken()]));
  Object.assign(given.element, { labels, layer, taken });
  given.element.dataset.ready = "yes";
}
