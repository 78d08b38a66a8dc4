// @ts-check
// The figure: what the panels show on one page, to save as a file for a slide or a paper.

import { measureOf } from "../draw/classes.js";
import { make, radioBar } from "../elements.js";
import { page } from "../page.js";
import { finished, run } from "../run.js";
import { replyOf } from "../server.js";
import { state } from "../state.js";

const LAYOUTS = { article: "A row a network", grid: "The page's grid", slide: "A slide" };

const KINDS = { png: "PNG", svg: "SVG", pdf: "PDF" };

const wanted = { layout: "article", kind: "pdf" };

const save = make("button", { type: "button", class: "zoo-button zoo-first", onclick: download }, "Download");

const told = make("p", { class: "zoo-quiet", role: "status" });

const about = make("p", {});

export const figureDialog = make("dialog", { class: "zoo-dialog", "aria-label": "Figure" });

export function makeFigure() {
  const line = (label, bar) =>
    make("div", { class: "zoo-choice" }, make("span", { "aria-hidden": "true" }, label), bar);
  const layout = radioBar("zoo-layout", "Layout", LAYOUTS, wanted.layout, (value) =>
    Object.assign(wanted, { layout: value }),
  );
  const kind = radioBar("zoo-kind", "Kind of file", KINDS, wanted.kind, (value) =>
    Object.assign(wanted, { kind: value }),
  );
  figureDialog.append(
    make("h2", {}, "Figure"),
    about,
    line("Layout", layout),
    line("File", kind),
    told,
    make("form", { method: "dialog", class: "zoo-choice" }, save, make("button", { class: "zoo-button" }, "Close")),
  );
}

export function showFigure() {
  told.textContent = "";
  const { title } = measureOf(state.measure);
  about.textContent =
    `The photo, each network's classes with their names, and its ${title.toLowerCase()} on one scale, as large as a ` +
    "printed page or a slide. Measure, colours and, but for a row a network, opacity are those of the panels; the " +
    "measure's scale is the fixed one, and nothing is hidden by a threshold.";
  figureDialog.showModal();
}

async function download() {
  if (save.ariaDisabled === "true") return;
  save.ariaDisabled = "true"; // a disabled button would drop the focus
  told.textContent = "Drawing ...";
  const question = {
    run: run.id,
    name: run.name,
    models: finished().map((panel) => panel.id),
    measure: state.measure,
    opacity: state.view === "labels" ? 1 : state.opacity.overlay,
    grey: state.article,
    official: state.palette === "official",
    ...wanted,
  };
  const { name, url, message } = await replyOf(page.server.figure(question), "try again");
  save.ariaDisabled = "false";
  told.textContent = message ?? `${name} is saved where this browser puts downloads.`;
  if (url) make("a", { href: url, download: name }).click();
}
