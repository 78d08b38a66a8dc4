// "Where they differ": once every network has had its say, the server is asked what they say together.
const differing = {
  run: null, models: "", // what the reply is about
  reply: null, mean: null, asking: false, averaging: false, turn: 0,
  layers: [],
  boundaries: false, mild: false, distance: 0.0075, threshold: 0.8, // what is overlooked, and what counts as sure
  show: "votes", // votes | split | conflict | majority | together
  field: "together", // which of the mean's maps: together | entropy | mean_entropy | mutual_information
};

const finished = () => [...run.cards.values()].filter(({ panel }) => panel.status === "done").map(({ panel }) => panel);
const isUnfinished = (panel) => ["queued", "loading", "running"].includes(panel.status);
const unfinished = () => [...run.cards.values()].filter(({ panel }) => isUnfinished(panel));

function followRun() { // the run has changed: ask again when nobody is still to answer
  const models = finished().map((panel) => panel.id).join();
  if (differing.run !== run.id || (models !== differing.models && differing.reply)) {
    Object.assign(differing, { reply: null, mean: null, layers: [], turn: differing.turn + 1, asking: false, averaging: false });
    if (state.region) showRegion(0);
    placeLayers(props.value.layers);
  }
  const asked = differing.run === run.id && differing.models === models && (differing.asking || differing.reply);
  Object.assign(differing, { run: run.id, models });
  if (models && !unfinished().length && !asked) askDifferences();
  else ask("differ");
}

function askServer(what) {
  const { models, boundaries, mild, distance, threshold } = differing;
  return answered(server.differ({ run: run.id, models: models.split(","), what, boundaries, mild, distance, threshold }), "change a setting here to ask again");
}

async function askDifferences() {
  differing.asking = true;
  ask("differ");
  const id = run.id, turn = ++differing.turn, reply = await askServer("differences");
  if (turn !== differing.turn || id !== run.id) return; // a later question, or another photo, has made this one idle
  if (state.region) showRegion(0); // regions have new numbers
  Object.assign(differing, { reply, asking: false });
  if (differing.show === "together") askMean();
  placeDifferences();
}

async function askMean() { // asked for when it is looked at: it takes longer than all the rest
  if (differing.mean?.maps || differing.averaging || !differing.reply?.maps) return;
  differing.averaging = true;
  ask("differ");
  const models = differing.models, id = run.id;
  const mean = await askServer("together");
  if (models !== differing.models || id !== run.id) return;
  Object.assign(differing, { mean, averaging: false });
  placeDifferences();
}

async function askConflict() { // which classes contradict each other at this threshold; the area is known already
  const { turn, threshold } = differing, conflict = await askServer("conflict");
  if (!conflict.pairs || turn !== differing.turn || threshold !== differing.threshold) return;
  differing.reply.conflict = conflict;
  ask("differ");
}

function placeDifferences() {
  differing.layers = [...comparisonLayers(), ...meanLayers()];
  placeLayers(props.value.layers.concat(differing.layers));
  ask("layout", "paint", "toolbar", "differ");
}

// The maps. Agreement shows the photo; each kind of dispute has a colour that colour-blind readers tell apart.
const VOTE_COLOURS = ["", "", "#ffd37a", "#f28e2b", "#c8320f", "#6d0f2b", "#3b0a45"];
const SPLIT_PARTS = [
  ["all_agree", "all agree", ""], ["between_families", "CNNs against transformers", "#e8590c"],
  ["inside_cnn", "inside the CNNs only", "#1b7fd4"], ["inside_transformer", "inside the transformers only", "#f2d544"],
  ["mixed", "inside both", "#c66bb0"],
];
const CONFLICT_COLOUR = "#ff2e63";

const codeTable = (codes) => (table) => { for (const { value, colour } of codes) if (colour) table[value] = rgba(...hex(colour)); };

function comparisonLayers() {
  const { reply } = differing;
  if (!reply?.maps) return [];
  const votes = reply.votes.map((area, i) => ({ value: i + 1, label: i ? `${i + 1} classes` : "all agree", colour: i ? VOTE_COLOURS[Math.min(i + 1, 6)] : "", area }));
  const split = SPLIT_PARTS.map(([key, label, colour], value) => ({ value, label, colour, area: reply.split[key] }));
  const layer = (id, title, kind, more) => ({ id, title, kind, codes: [], map: { url: reply.maps[id] }, words: partiesAt, ...more });
  return [
    layer("votes", "Votes", "codes", { codes: votes, table: codeTable(votes) }),
    layer("split", "CNN against transformer", "codes", { codes: split, table: codeTable(split) }),
    layer("conflict", "Confident conflict", "codes", { codes: conflictCodes(), table: conflictTable, words: surestAt }),
    layer("majority", "Majority", "classes", { words: majorityAt }),
    { id: "regions", title: "Regions", kind: "regions", codes: [], map: { url: reply.maps.regions } },
  ];
}

const MEAN_MAPS = {
  together: ["Likeliest class of the mean", "classes"], entropy: ["Entropy of the mean", "scalar"],
  mean_entropy: ["Mean of the entropies", "scalar"], mutual_information: ["Mutual information", "scalar"],
};

function meanLayers() {
  const { mean } = differing;
  if (!mean?.maps) return [];
  return Object.entries(MEAN_MAPS).map(([id, [title, kind]]) => ({ id, title, kind, codes: [], map: { url: mean.maps[id] }, top: mean.tops[id] ?? 1, unit: "nats" }));
}

const level = () => Math.round(differing.threshold * 100);
const conflictTable = (table) => table.fill(rgba(...hex(CONFLICT_COLOUR)), level(), 101);
const conflictArea = () => differing.reply.conflict_areas[level()];
const conflictCodes = () => [{ value: 100, label: `two networks sure (${differing.threshold.toFixed(2)} or more) of different classes`, colour: CONFLICT_COLOUR, area: conflictArea() }];
