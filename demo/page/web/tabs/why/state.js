// @ts-check
// What is asked of the networks, and what they have answered so far.

/** @typedef {import("../../wire.d.ts").Why} Why */
/** @typedef {Partial<Why> & {message?: string, painting?: import("../../draw/painting.js").Painting | null}} Row */
/** @typedef {{run: string, x: number, y: number, kind: string, over: string, name: string}} Question */

export const asked = {
  /** @type {"field" | "attribution" | "rollout"} */ kind: "field",
  /** @type {"pixel" | "region" | "photo"} */ over: "pixel",
  /** a class; empty for each network's own label */ name: "",
  /** @type {Question | null} what the rows answer */ question: null,
  /** @type {string[]} the networks asked, in the order of the grid */ models: [],
  /** @type {Map<string, Row>} by model */ rows: new Map(),
  /** the network that is being asked; empty when none is */ busy: "",
  /** names the asking, so that it can be stopped */ mark: "",
};

export const rows = () => asked.models.map((model) => ({ model, row: asked.rows.get(model) }));
