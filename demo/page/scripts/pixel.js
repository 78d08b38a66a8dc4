"use strict";
// What every model thinks of the inspected pixel: its likeliest classes, how unsure it is.
const box = element.querySelector(".zoo-pixel");
const make = (tag, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};

function bar(row) {
  const line = make("li"), swatch = make("i"), meter = make("span", "meter"), fill = make("span");
  swatch.style.background = `var(--class-${row.index})`;
  fill.style.width = `${Math.max(0.5, row.probability * 100)}%`;
  meter.append(fill);
  line.append(swatch, make("span", "name", row.name), meter, make("b", "", `${(row.probability * 100).toFixed(1)} %`));
  return line;
}

function card(model) {
  const node = make("section", "zoo-answer"), list = make("ol");
  node.append(make("h3", "", model.title), list);
  list.append(...model.classes.map(bar));
  node.append(make("p", "", `entropy ${model.entropy.toFixed(2)} · margin ${model.margin.toFixed(2)}`));
  return node;
}

function show({ rows = [], x, y, message }) {
  const title = make("p", "zoo-lead");
  if (message) title.textContent = message;
  else if (!rows.length) title.textContent = x === undefined ? "Click a pixel in any panel, or move the crosshair with the arrow keys and press Enter: every network's five likeliest classes appear here." : "No network has answered yet.";
  else title.append(`Pixel x ${x}, y ${y}: `, verdict(rows));
  const answers = make("div", "zoo-answers");
  answers.append(...rows.map(card));
  box.replaceChildren(title, answers);
  box.dataset.models = rows.length;
}

function verdict(rows) { // who says what, the largest party first
  const parties = new Map();
  for (const row of rows) parties.set(row.classes[0].name, [...(parties.get(row.classes[0].name) ?? []), row.title]);
  if (parties.size === 1) return rows.length === 1 ? `${rows[0].title} says ${rows[0].classes[0].name}.` : `all ${rows.length} say ${rows[0].classes[0].name}.`;
  return [...parties].sort((a, b) => b[1].length - a[1].length).map(([name, models]) => `${models.join(", ")}: ${name}`).join("; ") + ".";
}

document.addEventListener("zoo:probe", (event) => show(event.detail));
show({});
document.dispatchEvent(new CustomEvent("zoo:probe-wanted"));
