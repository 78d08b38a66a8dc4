// @ts-check
// Once every network has had its say, the server is asked what they say together.

import { comparisonLayers, meanLayers } from "./layers.js";
import { page } from "../../page.js";
import { finished, run, unfinished } from "../../run.js";
import { replyOf } from "../../server.js";
import { redraw, state } from "../../state.js";
import { differing } from "./state.js";
import { placeLayers } from "../../ui/layers.js";
import { showRegion } from "../../ui/regions.js";

/** The run has changed: ask again when nobody is still to answer. */
export function followRun() {
  const models = finished()
    .map((panel) => panel.id)
    .join();
  if (differing.run !== run.id || (models !== differing.models && differing.reply)) {
    Object.assign(differing, {
      reply: null,
      mean: null,
      layers: [],
      turn: differing.turn + 1,
      asking: false,
      averaging: false,
    });
    if (state.region) showRegion(0);
    placeLayers(page.props.value.layers);
  }
  const asked = differing.run === run.id && differing.models === models && (differing.asking || differing.reply);
  Object.assign(differing, { run: run.id, models });
  if (models && !unfinished().length && !asked) askDifferences();
  else redraw("tab:differ");
}

export const ownLayers = () => (differing.run === run.id ? differing.layers : []);

function askServer(what) {
  const { models, boundaries, mild, distance, threshold } = differing;
  return replyOf(
    page.server.differ({ run: run.id, models: models.split(","), what, boundaries, mild, distance, threshold }),
    "change a setting here to ask again",
  );
}

export async function askDifferences() {
  differing.asking = true;
  redraw("tab:differ");
  const id = run.id;
  const turn = ++differing.turn;
  const reply = await askServer("differences");
  if (turn !== differing.turn || id !== run.id) return; // a later question, or another photo, has made this one idle
  if (state.region) showRegion(0); // regions have new numbers
  Object.assign(differing, { reply, asking: false });
  if (differing.show === "together") askMean();
  placeDifferences();
}

/** Asked for when it is looked at: it takes longer than all the rest. */
export async function askMean() {
  if (differing.mean?.maps || differing.averaging || !differing.reply?.maps) return;
  differing.averaging = true;
  redraw("tab:differ");
  const models = differing.models;
  const id = run.id;
  const mean = await askServer("together");
  if (models !== differing.models || id !== run.id) return;
  Object.assign(differing, { mean, averaging: false });
  placeDifferences();
}

/** Which classes contradict each other at this threshold; the area is known already. */
export async function askConflict() {
  const { turn, threshold } = differing;
  const conflict = await askServer("conflict");
  if (!conflict.pairs || turn !== differing.turn || threshold !== differing.threshold) return;
  differing.reply.conflict = conflict;
  redraw("tab:differ");
}

function placeDifferences() {
  differing.layers = [...comparisonLayers(), ...meanLayers()];
  placeLayers([...page.props.value.layers, ...differing.layers]);
  redraw("layout", "paint", "toolbar", "tab:differ");
}
