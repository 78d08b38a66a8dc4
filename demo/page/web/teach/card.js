// @ts-check
// A network's name opens what the network is.

import { make } from "../elements.js";
import { aboutNetwork } from "./networks.js";

export const aboutDialog = make("dialog", { class: "zoo-dialog zoo-about-card", "aria-labelledby": "zoo-about-title" });

/**
 * A network's title, as a button where there is something to tell.
 *
 * @param {import("../run.js").Panel} panel
 */
export function titleButton(panel) {
  const about = aboutNetwork(panel.id);
  if (!about) return panel.title;
  return make(
    "button",
    {
      type: "button",
      class: "zoo-about",
      "aria-haspopup": "dialog",
      title: `What ${about.name} is`,
      onclick: () => show(about, panel),
    },
    panel.title,
  );
}

/**
 * @param {import("./networks.js").About} about
 * @param {import("../run.js").Panel} panel
 */
function show(about, panel) {
  const drawing = /** @type {SVGElement} */ (about.sketch());
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", about.drawn);
  const kind = panel.family === "cnn" ? "a convolutional network" : "a transformer";
  aboutDialog.replaceChildren(
    make("h2", { id: "zoo-about-title" }, `${about.name}, ${kind}`),
    drawing,
    make("p", {}, about.what),
    make("p", {}, make("b", {}, "Look for. "), about.look),
    make("p", { class: "zoo-quiet" }, make("a", { href: about.url, target: "_blank", rel: "noopener" }, about.paper)),
    make("form", { method: "dialog" }, make("button", { class: "zoo-button" }, "Close")),
  );
  aboutDialog.showModal();
}
