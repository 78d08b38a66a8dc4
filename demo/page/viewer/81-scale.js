// The uncertainty view's own row: which number, in which colours, on which fixed scale, and a threshold that hides pixels.
const MEASURE = {
  entropy: { text: "Entropy", top: MAX_ENTROPY, unit: "nats", ticks: [0, 1, 2, 3, 4, 5] },
  confidence: { text: "Confidence", top: 1, unit: "", ticks: [0, 0.25, 0.5, 0.75, 1] },
  margin: { text: "Margin", top: 1, unit: "", ticks: [0, 0.25, 0.5, 0.75, 1] },
};
const EXPLAIN = {
  entropy: "Entropy of the 150 probabilities: 0 is certain, ln 150 = 5.01 nats is no idea at all.",
  confidence: "Probability of the likeliest class.",
  margin: "Likeliest minus second likeliest probability.",
};

function makeScale() {
  tools.measure = choice("zoo-measure", "Which uncertainty", Object.fromEntries(Object.entries(MEASURE).map(([key, { text }]) => [key, text])), state.measure,
    (measure) => set({ measure }, "paint", "toolbar", "glass", "link"));
  tools.article = toggle("White = high entropy", "Grey levels, as in the article's figures", (article) => set({ article }, "paint", "toolbar"));
  tools.ramp = make("canvas", { class: "zoo-ramp", width: 512, height: 1, "aria-hidden": "true" });
  tools.cut = make("input", { type: "range", class: "zoo-cutoff", min: 0, max: LEVELS, step: 1, oninput: moveCut });
  tools.ticks = make("div", { class: "zoo-ticks", "aria-hidden": "true" });
  tools.side = make("select", { class: "zoo-select", "aria-label": "Which pixels are hidden", onchange: () => { set({ side: tools.side.value }, "paint", "toolbar"); moveCut(); } },
    new Option("Hide below", "below"), new Option("Hide above", "above"));
  tools.cutText = make("output", { class: "zoo-quiet" });
  tools.explain = make("span", { class: "zoo-quiet zoo-explain" });
  tools.scale = make("div", { class: "zoo-row zoo-scale", hidden: true }, tools.measure,
    make("div", { class: "zoo-ruler" }, tools.ramp, tools.cut, tools.ticks), make("div", { class: "zoo-hide" }, tools.side, tools.cutText), tools.article, tools.explain);
  return tools.scale;
}

// The thumb rests at the end where nothing is hidden.
const restOf = (side) => (side === "below" ? 0 : LEVELS);

function moveCut() {
  const value = Number(tools.cut.value), nothing = value === restOf(state.side);
  state.threshold[state.measure] = nothing ? null : (value - 0.5) / (LEVELS - 1);
  ask("paint", "toolbar");
}

function fillScale() {
  tools.scale.hidden = state.view !== "uncertainty";
  if (tools.scale.hidden) return;
  const { top, unit, ticks } = MEASURE[state.measure], cut = state.threshold[state.measure];
  tools.measure.pick(state.measure);
  tools.article.input.checked = state.article;
  tools.side.value = state.side;
  const at = cut === null ? restOf(state.side) : Math.round(cut * (LEVELS - 1) + 0.5);
  if (Number(tools.cut.value) !== at) tools.cut.value = at;
  const said = cut === null ? "nothing" : `${(Math.max(0, cut) * top).toFixed(2)} ${unit}`.trim();
  tools.cutText.textContent = said;
  tools.cut.setAttribute("aria-label", `Threshold: hide pixels ${state.side} it`);
  tools.cut.setAttribute("aria-valuetext", cut === null ? "nothing is hidden" : `hides ${state.measure} ${state.side} ${said}`);
  tools.explain.textContent = EXPLAIN[state.measure];
  const ends = state.measure === "entropy" ? [...ticks.slice(0, 5), MAX_ENTROPY] : ticks;
  tools.ticks.replaceChildren(...ends.map((value, i) => make("span", { style: `left:${(value / top) * 100}%` },
    i === ends.length - 1 && state.measure === "entropy" ? value.toFixed(2) : `${value}${i === 0 && unit ? ` ${unit}` : ""}`)));
  const context = tools.ramp.getContext("2d");
  for (let x = 0; x < 512; x++) {
    const t = x / 511, hidden = cut !== null && (state.side === "below" ? t < cut : t > cut);
    context.clearRect(x, 0, 1, 1);
    context.globalAlpha = hidden ? 0.15 : 1;
    context.fillStyle = css(scaleColour(doubt(state.measure, t)));
    context.fillRect(x, 0, 1, 1);
  }
}
