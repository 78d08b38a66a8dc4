// @ts-check
// The tab "Study": photos or a zip are chosen, rows arrive, and what was found is taken away.

import { make } from "../../elements.js";
import { run } from "../../run.js";
import { redraw } from "../../state.js";
import { announce } from "../../ui/live.js";
import { photoTable } from "../../ui/photo_table.js";
import { openPhoto } from "../../ui/visit/queue.js";
import { duration } from "../../wording.js";
import { cancelStudy, fetchStudy, going, limits, startStudy, wake } from "./going.js";

const input = make("input", {
  type: "file",
  multiple: true,
  accept: "image/*,.zip",
  onchange: () => {
    startStudy([...input.files]);
    input.value = "";
  },
});
const most = make("span", {});
const choose = make(
  "label",
  { class: "zoo-study-drop", "data-own-drop": true },
  input,
  make("strong", {}, "Drop photos or a zip of photos here, or choose files"),
  most,
  make("span", {}, "The networks chosen under Models answer each; other visitors are answered in between."),
);
const bar = make("progress", { "aria-label": "Photos of the study that are measured" });
const words = make("span", { class: "zoo-quiet" });
const cancel = make("button", { type: "button", class: "zoo-button", onclick: cancelStudy }, "Cancel");
const progress = make("div", { class: "zoo-row zoo-study-progress" }, bar, words, cancel);
const message = make("p", { class: "zoo-study-message", role: "alert" });
const faults = make("ul", { class: "zoo-study-faults", "aria-label": "Photos without answers" });
const report = make(
  "button",
  { type: "button", class: "zoo-button zoo-first", onclick: () => take("report") },
  "Report (HTML)",
);
const data = make("button", { type: "button", class: "zoo-button", onclick: () => take("data") }, "Data (zip)");
const told = make("span", { class: "zoo-quiet", role: "status" });
const table = photoTable({
  photos: () => going.rows,
  current: () => going.rows.find((row) => row.run === run.id) ?? null,
  show: (row) => openPhoto(/** @type {import("./going.js").Measured} */ (row)),
  changed: () => redraw("tab:study"),
  file: "study.csv",
});
const results = make(
  "div",
  { class: "zoo-study-results" },
  make("p", { class: "zoo-quiet" }, "Choose a heading to sort, a name to open the photo above."),
  ...table.parts,
  make("div", { class: "zoo-row" }, report, data, told),
);

choose.addEventListener("dragover", (event) => {
  event.preventDefault();
  choose.classList.add("over");
});
choose.addEventListener("dragleave", () => choose.classList.remove("over"));
choose.addEventListener("drop", (event) => {
  event.preventDefault();
  choose.classList.remove("over");
  startStudy([...event.dataTransfer.files]);
});

/** @param {"report" | "data"} what */
async function take(what) {
  if (told.ariaBusy === "true") return;
  told.ariaBusy = "true";
  told.textContent = "Making the file ...";
  const { name, url, message: why } = await fetchStudy(what);
  told.ariaBusy = "false";
  told.textContent = why ?? `${name} is saved where this browser puts downloads.`;
  if (url) make("a", { href: url, download: name }).click();
}

function timeLeft() {
  if (!going.done || going.stopped) return "";
  const each = (Date.now() - going.since) / going.done / 1000;
  return `, ${duration(each)} a photo, about ${duration(each * (going.total - going.done))} left`;
}

async function sayMost() {
  const found = await limits();
  if (!found) return;
  const { photos, megabytes, unpacked } = found;
  most.textContent =
    `At most ${photos} photos. Each of them, or the zip, has at most ${megabytes} MB; ` +
    `a zip unpacks to at most ${unpacked} MB.`;
}

let announced = "";

function fill() {
  const { on, rows, total, done, stopped } = going;
  choose.hidden = on;
  progress.hidden = !on;
  if (total) Object.assign(bar, { max: total, value: done });
  else bar.removeAttribute("value");
  cancel.disabled = stopped;
  words.textContent = going.words || `${done} of ${total} photos${timeLeft()}`;
  message.textContent = on ? "" : going.words;
  faults.hidden = !going.faults.length;
  faults.replaceChildren(...going.faults.map((why) => make("li", {}, why)));
  results.hidden = !rows.length;
  if (rows.length) table.fill();
  const end =
    !on && rows.length && !stopped ? `The study is done: ${rows.length} of ${total} photos are measured.` : "";
  if (end && end !== announced) announce(end);
  announced = end;
}

/** @type {import("../../ui/tabs.js").Tab} */
export const study = {
  name: "study",
  mount(place) {
    place.replaceChildren(choose, progress, message, faults, results);
    fill();
    sayMost();
  },
  hears: { "study-worked": wake },
  onRun: fill,
  onDraw: { "tab:study": fill },
};
