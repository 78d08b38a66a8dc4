// From the server's view to what is on the screen. Cards are kept while their model stays, so nothing flickers.
async function sync() {
  const view = props.value;
  if (!view?.run) return;
  if (view.turn === run.ended && view.panels.some(isUnfinished)) return; // came after the stop
  if (view.run !== run.id) begin(view);
  Object.assign(run, { name: view.name, notes: view.notes, example: view.example, width: view.width, height: view.height, photoWidth: view.photo_width, photoHeight: view.photo_height });
  placeCards(view.panels);
  ask("layout", "toolbar", "link");
  const layers = placeLayers(view.layers.concat(differing.run === run.id ? differing.layers : []));
  await Promise.allSettled([...run.cards.values()].map(load).concat(layers, readPhoto(view)));
  element.dataset.done = [...run.cards.values()].filter((card) => card.labels).length;
  if (arrival && run.cards.size && !unfinished().length && ![...run.cards.values()].some((card) => card.loading)) arrive();
  followRun();
}

function begin(view) { // another photo: the old one's maps and marks go
  if (run.id) arrival = null;
  clearCross();
  Object.assign(run, { id: view.run, photo: null, grey: null, outline: null });
  run.cards.forEach((card) => { card.surface.drop(); card.node.remove(); });
  run.cards.clear();
  run.layers.clear();
  element.dataset.done = 0;
  set({ isolated: null, preview: null, zoom: { k: 1, x: 0.5, y: 0.5 }, solo: null, first: "photo", region: 0, bare: false }, "layout", "glass");
  if (!photoCard) { makePhotoCard(); grid.prepend(photoCard.node); }
  Object.assign(photoCard, { loading: false, lost: false });
  // the second frame comes when the start page is gone and the panels have their place
  if (matchMedia("(max-width: 760px)").matches) requestAnimationFrame(() => requestAnimationFrame(() => bringUp(toolbar)));
}

async function readPhoto(view) {
  const id = view.run;
  if (run.photo || photoCard.loading) return;
  photoCard.loading = true;
  const bitmap = await fetched(view.photo).then(createImageBitmap).catch(() => null);
  if (run.id !== id) return;
  Object.assign(photoCard, { loading: false, lost: !bitmap });
  fillStatus(photoCard);
  if (!bitmap) return;
  run.photo = new OffscreenCanvas(view.width, view.height);
  run.photo.getContext("2d").drawImage(bitmap, 0, 0, view.width, view.height);
  run.grey = new OffscreenCanvas(view.width, view.height);
  const context = run.grey.getContext("2d");
  context.drawImage(run.photo, 0, 0);
  context.globalCompositeOperation = "saturation"; // grey, and a little darker, so that one class stands out
  context.fillStyle = "#808080";
  context.fillRect(0, 0, view.width, view.height);
  context.globalCompositeOperation = "source-over";
  context.fillStyle = "rgba(12,17,23,.35)";
  context.fillRect(0, 0, view.width, view.height);
  ask("draw");
}

function placeCards(panels) {
  const old = new Map(run.cards);
  run.cards.clear();
  for (const panel of panels) {
    const card = old.get(panel.id) ?? makeCard(panel), finished = card.panel.status !== "done" && panel.status === "done";
    old.delete(panel.id);
    card.panel = panel;
    run.cards.set(panel.id, card);
    grid.append(card.node);
    if (finished || !card.legend.childElementCount) fillLegend(card);
    if (finished) tell(`${panel.title} has answered: mostly ${panel.classes.slice(0, 3).map((row) => NAMES[row.index]).join(", ")}.`);
    if (panel.status === "failed" && card.told !== panel.message) tell(`${panel.title}: ${(card.told = panel.message)}`);
  }
  old.forEach((card) => { card.surface.drop(); card.node.remove(); });
  grid.dataset.cards = run.cards.size + 1;
}

async function load(card) {
  const { panel } = card, id = run.id;
  if (panel.status !== "done" || card.labels || card.loading) return;
  card.loading = true;
  const maps = await Promise.all([readGrey(panel.labels), readGrey(panel.fields)]).catch(() => null);
  if (run.id !== id) return;
  Object.assign(card, { loading: false, lost: !maps });
  if (maps) placeMaps(card, ...maps);
  else tell(`${panel.title}: its map could not be fetched; press Segment to ask for it again.`);
  fillStatus(card);
  if (state.pin) inspect(state.pin); // a pinned pixel learns what the new answer says
}

function placeMaps(card, labels, stack) {
  card.labels = new Painting(labels);
  card.fields = Object.fromEntries(Object.entries(splitFields(stack)).map(([name, map]) => [name, new Painting(map)]));
  ask("paint", "glass");
}

function placeLayers(layers) {
  const kept = new Map(run.layers);
  run.layers.clear();
  return layers.map(async (layer) => {
    const old = kept.get(layer.id), same = old?.map?.url === layer.map?.url && !old?.lost;
    const fresh = same && old ? Object.assign(old, layer) : { ...layer, painting: old?.painting };
    run.layers.set(layer.id, fresh);
    if (!layer.map || (same && old)) return;
    const map = await readGrey(layer.map).catch(() => null);
    fresh.lost = !map; // it is fetched again with the next view
    if (map) fresh.painting = new Painting(map);
    if (map && layer.kind === "regions" && state.region) showRegion(state.region); // chosen before its map was there
    ask("layout", "paint", "toolbar");
  });
}

function showRegion(number, point) { // outlined in every panel; the crosshair goes to its middle
  const layer = [...run.layers.values()].find((candidate) => candidate.kind === "regions");
  run.outline = number && layer?.painting ? outline(layer.painting.map, number) : null;
  set({ region: number }, "draw");
  emit("region-shown", { region: number });
  if (point) inspect(point);
}

function askForRun() { // one at a time is with the server: of two photos chosen in a row the later one stays
  run.next = Boolean(run.turn);
  trigger("wait");
  if (run.turn) return;
  run.turn = Math.random().toString(36).slice(2);
  trigger("run", { turn: run.turn });
}

function ran() {
  run.turn = "";
  if (run.next) askForRun();
}

function stop() {
  run.next = false;
  if (!run.turn) return;
  server.stop({ turn: run.turn });
  giveUp();
}

function giveUp() { // what has not answered will not
  run.ended = run.turn;
  for (const card of unfinished()) {
    card.panel = { ...card.panel, status: "stopped", message: "Stopped before this network had answered." };
    fillStatus(card);
  }
  followRun();
}

// What other parts of the page may ask for.
hear("run", askForRun);
hear("stop", stop);
hear("failed", giveUp);
hear("ran", ran);
hear("region", ({ region, x, y }) => showRegion(region === state.region ? 0 : region, x === undefined ? null : { x, y }));
hear("layer", ({ id }) => set({ first: id }, "layout", "paint", "glass"));
hear("pair", ({ left, right }) => showPair(left, right));
hear("point", ({ x, y }) => inspect({ x, y }));
hear("isolate", ({ index }) => isolate(index));
