// "Truth": what the visitor gives as truth, and what the server counts by it, model by model.
const judged = {
  run: null, photo: "",
  mode: "files", // files | paint
  files: [], // {name, path}
  regions: [], open: [], // finished polygons {name, corners}, and the corners of the one being drawn, in photo pixels
  source: null, truth: null, painting: null, // the truth in force
  band: "all", sure: 80,
  rows: new Map(), // model id -> {key, report, right, wrong, painting, proper}
  turn: 0, asked: 0, busy: "", message: "",
};
const TRUTH_FOREIGN = 254, TRUTH_COLOURS = { right: "#4a90d9", unsure: "#f2b134", sure: "#d1255f", foreign: "#8b6fd6" };

const truthKey = () => `${judged.turn}/${judged.band}`;
const truthRows = () => finished().map((panel) => ({ panel, row: judged.rows.get(panel.id) })).filter(({ row }) => row);

function followTruth() { // another photo has no truth yet; another answer is judged like the others
  if (judged.run !== run.id) {
    forgetTruth();
    Object.assign(judged, { run: run.id, files: [], regions: [], open: [], message: "" });
    fillTruth();
  } else if (judged.truth && finished().some(({ id }) => !judged.rows.has(id) && !judged.pending)) judgeAll();
}

function forgetTruth() {
  Object.assign(judged, { source: null, truth: null, painting: null, turn: judged.turn + 1, busy: "", pending: false });
  judged.rows.clear();
}

const askTruth = (what, source, more = {}) => answered(server.truth({ run: run.id, what, source, name: run.name, ...more }), "try again");

async function giveTruth(source) { // what was shown stays until the new truth is known to be one
  const id = run.id, turn = ++judged.asked;
  truthSay("Reading the truth ...");
  const reply = await askTruth("truth", source);
  if (id !== run.id || turn !== judged.asked) return; // a later truth has made this one idle
  if (reply.message) { truthSay("", reply.message); return; }
  Object.assign(judged, { source, truth: reply, turn: judged.turn + 1, message: "" });
  const map = await readGrey({ url: reply.map });
  if (source !== judged.source) return;
  judged.painting = new Painting(map);
  paintTruth();
  judgeAll();
}

async function judgeAll() { // quick numbers of all models first, then those that need all probabilities
  const key = truthKey(), { source, band } = judged, current = () => key === truthKey();
  judged.pending = true;
  for (const panel of finished()) {
    if (judged.rows.get(panel.id)?.key === key) continue;
    truthSay(`Judging ${panel.title} ...`);
    const reply = await askTruth("model", source, { model: panel.id, band });
    if (!current()) return;
    if (reply.message) { judged.rows.set(panel.id, { key, message: reply.message }); continue; }
    const row = { ...reply, key, painting: new Painting(await readGrey({ url: reply.map })) };
    if (!current()) return;
    judged.rows.set(panel.id, row);
    paintErrors(row);
    fillTruth();
  }
  for (const panel of finished()) {
    const row = judged.rows.get(panel.id);
    if (!row?.report || row.proper) continue;
    truthSay(`Adding up the probabilities of ${panel.title} ...`);
    const reply = await askTruth("proper", source, { model: panel.id, band });
    if (!current()) return;
    row.proper = reply.numbers ?? [];
    fillTruth();
  }
  judged.pending = false;
  truthSay("", judged.message);
  followTruth(); // a network may have answered meanwhile
}

function truthSay(busy, message = "") {
  Object.assign(judged, { busy, message });
  fillTruth();
}

// Files: a mask alone, or a mask and its JSON, dropped together or one after the other.
const isTruthList = (file) => /\.json$/i.test(file.name);

async function takeFiles(files) {
  const id = run.id, fresh = [...files], old = judged.files;
  if (!fresh.length || !id) return;
  const hadMask = old.some((file) => !isTruthList(file)), hasMask = fresh.some((file) => !isTruthList(file)), hasList = fresh.some(isTruthList);
  const kept = old.filter((file) => (isTruthList(file) ? !hasList && !hadMask : !hasMask));
  truthSay("Uploading ...");
  try {
    const sent = await Promise.all(fresh.map(async (file) => ({ name: file.name, path: (await upload(await shortenedList(file, fresh))).path })));
    if (id !== run.id) return;
    judged.files = kept.concat(sent);
  } catch (error) {
    truthSay("", `${fresh.map((file) => file.name).join(", ")} could not be uploaded (${error.message ?? error}); give smaller files, or try again.`);
    return;
  }
  await giveTruth({ files: judged.files.map((file) => file.path) });
}

async function shortenedList(file, together) { // a dataset's JSON lists thousands of photos; only this one's segments travel
  if (!isTruthList(file) || file.size < 2e6) return file;
  const stem = (name) => name.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");
  const wanted = new Set([run.name, ...together.concat(judged.files).map(({ name }) => name)].map(stem));
  try {
    const { annotations } = JSON.parse(await file.text());
    const rows = annotations.map((row) => (wanted.has(stem(row.file_name)) ? row : { file_name: row.file_name, segments_info: [] }));
    return new File([JSON.stringify({ annotations: rows })], file.name, { type: "application/json" });
  } catch {
    return file; // the server says what is wrong with it
  }
}

// Regions: corners one by one, then the class; everything also by keys or by typing coordinates.
function addCorner(x, y) {
  const last = judged.open.at(-1);
  const near = (corner) => Math.hypot(corner[0] - x, corner[1] - y) < 0.006 * Math.hypot(run.photoWidth, run.photoHeight);
  if (judged.open.length > 2 && near(judged.open[0])) { closeRegion(); return; }
  if (!last || last[0] !== x || last[1] !== y) judged.open.push([x, y]);
  truthSay(judged.busy);
}

function cornerAt({ x, y }) { // a pixel's middle; at the photo's edge the edge itself
  const place = (value, size, full) => (value <= 1 ? 0 : value >= size - 2 ? full : Math.round((value + 0.5) * full / size * 10) / 10);
  return [place(x, run.width, run.photoWidth), place(y, run.height, run.photoHeight)];
}

async function closeRegion() {
  const name = truthTab.name.value.trim(), corners = judged.open;
  if (corners.length < 3) { truthSay(judged.busy, `A region needs at least three corners; there ${corners.length === 1 ? "is 1" : `are ${corners.length}`}. Click more corners on the photo, or type them.`); return; }
  if (!name) { truthSay(judged.busy, "Name the region's class first; the field suggests ADE20K's 150 names."); truthTab.name.focus(); return; }
  const { index, message } = await askTruth("class", {}, { name });
  if (message) { truthSay("", message); truthTab.name.focus(); return; }
  judged.regions.push({ name: NAMES[index], corners });
  judged.open = [];
  await giveRegions();
}

async function giveRegions() {
  if (judged.regions.length) await giveTruth({ regions: judged.regions.map(({ name, corners }) => ({ name, corners })) });
  else { judged.asked++; if (judged.source?.regions) forgetTruth(); truthSay(""); }
}

function undoCorner() {
  if (judged.open.length) { judged.open.pop(); truthSay(judged.busy); return; }
  if (judged.regions.length) { judged.open = judged.regions.pop().corners; giveRegions(); }
}

function clearRegions() {
  Object.assign(judged, { open: [], regions: [] });
  giveRegions();
}

function typeCorners(text) {
  const found = [...text.matchAll(/(-?\d+(?:\.\d+)?)\s*[,\s]\s*(-?\d+(?:\.\d+)?)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  const outside = found.find(([x, y]) => x < 0 || y < 0 || x > run.photoWidth || y > run.photoHeight);
  if (!found.length) { truthSay(judged.busy, "Type corners as pairs x,y, such as 10,20 200,20 200,150."); return false; }
  if (outside) { truthSay(judged.busy, `The corner ${outside.join(",")} lies outside the photo; x goes to ${run.photoWidth}, y to ${run.photoHeight}.`); return false; }
  judged.open.push(...found);
  truthSay(judged.busy);
  return true;
}
