// Words for "Where they differ": what is said at a pixel, the regions as sentences, and the tables.
const compared = () => (differing.reply?.models ?? []).map((id) => run.cards.get(id)).filter((card) => card?.labels);
const FAMILIES_SAID = { cnn: ["CNN", "CNNs"], transformer: ["transformer", "transformers"] };

function groups(cards, key, name) { // [name, cards] in the order of the models
  const found = new Map();
  for (const card of cards) found.set(key(card), [...(found.get(key(card)) ?? []), card]);
  return [...found].map(([value, members]) => [name(value, members), members]);
}

function partiesAt(point) {
  const cards = compared(), said = (card) => at(card.labels.map, point.x, point.y), name = (index) => NAMES[index];
  const parties = groups(cards, said, name);
  if (parties.length < 2) return parties.length ? `${cards.length === 2 ? "both" : "all"}: ${parties[0][0]}` : "";
  const families = groups(cards, (card) => card.panel.family, (family, members) => FAMILIES_SAID[family]?.[Number(members.length > 1)] ?? family);
  const united = families.length === 2 && families.every(([, members]) => new Set(members.map(said)).size === 1);
  if (united) return families.map(([family, members]) => `${family}: ${NAMES[said(members[0])]}`).join("; ");
  return parties.map(([word, members]) => `${members.map((card) => card.panel.title).join(", ")}: ${word}`).join("; ");
}

function surestAt(point) {
  const sure = compared().map((card) => ({ title: card.panel.title, name: NAMES[at(card.labels.map, point.x, point.y)], confidence: at(card.fields.confidence.map, point.x, point.y) / (LEVELS - 1) }));
  return sure.sort((a, b) => b.confidence - a.confidence).slice(0, 3).map((row) => `${row.title}: ${row.name} ${row.confidence.toFixed(2)}`).join("; ");
}

function majorityAt(point) {
  const map = run.layers.get("majority")?.painting?.map;
  return map ? `majority: ${NAMES[at(map, point.x, point.y)]}` : "";
}

function regionSentence(region) { // the sentence, with each party's colour before its class
  const node = make("span", {}), { sentence } = region;
  let from = 0;
  for (const party of region.parties) {
    const place = sentence.indexOf(`${party.class} (${party.confidence.toFixed(2)})`, from);
    if (place < 0) break;
    const index = NAMES.indexOf(party.class.split(" or ")[0]);
    node.append(sentence.slice(from, place), make("b", {}, make("i", { style: `background:var(--class-${index})` }), party.class));
    from = place + party.class.length;
  }
  node.append(sentence.slice(from));
  return node;
}

function regionButton(region, number) {
  const [y, x] = region.point;
  const choose = () => {
    const on = state.region !== number;
    showRegion(on ? number : 0, on ? { x, y } : null);
    if (on) bringIntoView({ x, y });
    tell(on ? `Region ${number} is outlined in every panel.` : "No region is outlined.");
  };
  return make("button", { type: "button", class: "zoo-region", "data-region": number, "aria-pressed": "false", onclick: choose }, regionSentence(region));
}

function bringIntoView({ x, y }) {
  const surface = [...surfaces].find((candidate) => candidate.visible);
  if (surface && state.zoom.k > 1) surface.centre(state.zoom.k, (x + 0.5) / run.width, (y + 0.5) / run.height);
}

function regionList(regions) {
  const list = make("ol", { class: "zoo-regions", "aria-label": "Disputed regions" }, ...regions.map((region, i) => make("li", {}, regionButton(region, i + 1))));
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")], now = buttons.indexOf(event.target);
    const target = { ArrowDown: buttons[now + 1], ArrowUp: buttons[now - 1], Home: buttons[0], End: buttons.at(-1) }[event.key];
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    target.focus();
  });
  return list;
}

async function copyRegions(button) {
  const { reply } = differing, text = [reply.headline, ...reply.regions.map((region) => region.sentence)].join("\n");
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

const titleOf = (id) => run.cards.get(id)?.panel.title ?? id;
const kappaText = (kappa) => (kappa === null ? "n/a" : kappa.toFixed(2));

function pairCell(first, second) {
  const key = `${first}|${second}`, pair = differing.reply.pairs[key], apart = differing.mean?.divergence?.[key];
  const told = `${titleOf(first)} and ${titleOf(second)} agree on ${percent(pair.agreement)} of the photo, kappa ${kappaText(pair.kappa)}${apart === undefined ? "" : `, divergence ${apart.toFixed(3)} nats`}`;
  const show = () => { showPair(first, second); bringUp(toolbar); };
  return make("td", {}, make("button", { type: "button", class: "zoo-pair", "data-pair": key, style: `--agreement:${pair.agreement}`, title: `${told}. Choose to compare them.`, onclick: show },
    make("b", {}, spoken(`${titleOf(first)} and ${titleOf(second)}: `), percent(pair.agreement)), make("span", {}, spoken(", "), `κ ${kappaText(pair.kappa)}`),
    apart === undefined ? "" : make("span", {}, spoken(", "), `JS ${apart.toFixed(3)}`)));
}

function pairTable() { // every pair once: rows are the first of two, columns the second
  const { models } = differing.reply;
  const head = make("tr", {}, make("td", {}), ...models.slice(1).map((id) => make("th", { scope: "col" }, titleOf(id))));
  const rows = models.slice(0, -1).map((first, i) => make("tr", {}, make("th", { scope: "row" }, titleOf(first)),
    ...models.slice(1).map((second, j) => (j < i ? make("td", {}) : pairCell(first, second)))));
  return scrolled("Agreement of every two networks", make("table", { class: "zoo-matrix" }, make("thead", {}, head), make("tbody", {}, ...rows)));
}

const scrolled = (label, table) => make("div", { class: "zoo-scroll", tabindex: 0, role: "region", "aria-label": label }, table);

function pairWords() {
  const { reply } = differing, ranked = Object.entries(reply.pairs).sort((a, b) => b[1].agreement - a[1].agreement);
  const both = (key) => key.split("|").map(titleOf).join(" and ");
  const extremes = ranked.length > 1 ? `${both(ranked[0][0])} agree most, ${both(ranked.at(-1)[0])} least. ` : "";
  const alone = Object.entries(reply.alone).filter(([, area]) => area >= 0.001).sort((a, b) => b[1] - a[1]).map(([id, area]) => `${titleOf(id)} on ${percent(area)}`);
  const lonely = alone.length ? `Alone against all others: ${alone.join(", ")}. ` : "";
  return unbroken(`${extremes}${lonely}Fleiss' kappa of all ${reply.models.length}: ${kappaText(reply.fleiss_kappa)}; 1 is complete agreement, 0 what chance would reach.`);
}

const STRUCTURE = [
  ["Entropy near boundaries", "Share of the map's total entropy that lies near its boundaries, and of the area that lies there", (row) => (row.boundary_entropy === null ? "n/a" : `${percent(row.boundary_entropy)} on ${percent(row.boundary_area)} of the area`)],
  ["at boundaries", "Mean entropy near boundaries, nats", (row) => row.entropy_at?.toFixed(2) ?? "n/a"],
  ["inside", "Mean entropy everywhere else, nats", (row) => row.entropy_inside?.toFixed(2) ?? "n/a"],
  ["Fragments", "Connected pieces of one class", (row) => String(row.fragments)],
  ["per megapixel", "Fragments per million pixels", (row) => row.per_megapixel.toFixed(0)],
  ["median area", "Of the fragments, in pixels", (row) => `${Math.round(row.median_area).toLocaleString("en")} px`],
  ["Boundary length", "Sides of pixels between two classes", (row) => `${row.boundary_length.toLocaleString("en")} px`],
];

function structureTable(rows) {
  const head = make("tr", {}, make("th", { scope: "col" }, "Model"), ...STRUCTURE.map(([name, note]) => make("th", { scope: "col", title: note }, name)));
  const body = rows.map((row) => make("tr", { "data-model": row.model }, make("th", { scope: "row" }, titleOf(row.model)), ...STRUCTURE.map(([, , say]) => make("td", {}, say(row)))));
  return scrolled("Boundaries and fragments", make("table", { class: "zoo-table" }, make("thead", {}, head), make("tbody", {}, ...body)));
}
