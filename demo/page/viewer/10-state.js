// How the run is looked at. `set` changes it and asks for what has to be drawn again, once a frame.
const state = {
  view: "overlay", // overlay | labels | uncertainty | compare
  opacity: { overlay: 0.6, labels: 1, uncertainty: 1 },
  measure: "entropy", // entropy | confidence | margin
  article: false, // white = high, as in the article
  threshold: { entropy: null, confidence: null, margin: null }, // 0..1 of the scale; null: nothing is hidden
  side: "below", // the side of the threshold that is hidden
  palette: "distinct", // distinct | official
  patterns: false,
  isolated: null, // class index
  preview: null, // class index, while a legend row is hovered
  pin: null, // {x, y} on the view's grid
  hover: null,
  zoom: { k: 1, x: 0.5, y: 0.5 }, // factor, and the point of the picture (0..1) in the middle
  left: "", right: "", cut: 0.5, // the swipe's two maps, by key
  solo: null, // the card shown alone
  first: "photo", // what the first card shows: the photo or a layer
  region: 0, // outlined region of the layer of kind "regions"
  bare: false, // the blink key is held over the grid
  blink: null, // the one map shown while the swipe blinks
};

const wanted = new Set();
let frame = 0;
const parts = {}; // name -> function that draws it

function ask(...names) {
  names.forEach((name) => wanted.add(name));
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    const now = [...wanted];
    wanted.clear();
    // recolouring comes before drawing, drawing before the crosshair
    for (const name of ["layout", "legend", "paint", "toolbar", "differ", "draw", "glass", "link"]) {
      if (now.includes(name)) parts[name]?.();
    }
  });
}

function set(changes, ...names) {
  Object.assign(state, changes);
  ask(...names);
}

const shownClass = () => state.preview ?? state.isolated;
const classView = () => state.view === "overlay" || state.view === "labels";
