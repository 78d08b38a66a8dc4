// @ts-check
// What the tab "What if" has in hand: the change of the moment, each network's answers to it, and the ladder.

/** @typedef {import("../../wire.d.ts").ChangeKind} ChangeKind */
/** @typedef {import("../../wire.d.ts").Altered} Altered */

/**
 * @typedef {object} Row a network's answer to the change that was asked for
 * @property {Altered} [reply]
 * @property {string} [message] why there is none
 * @property {import("../../draw/sampling.js").GreyMap} [before]
 * @property {import("../../draw/sampling.js").GreyMap} [after]
 * @property {import("../../draw/sampling.js").GreyMap} [marks]
 */

export const whatIf = {
  /** @type {string | null} the run that all of this is about */ run: null,
  /** @type {import("../../wire.d.ts").ChangeKinds | null} */ told: null,
  kind: "crop",
  /** @type {Record<string, number>} by kind, where the slider was moved */ amounts: {},
  /** @type {number[] | null} x, y, width, height in pixels of the photo as it is changed */ box: null,
  name: "",
  /** @type {string[]} the classes that the networks see in the photo */ names: [],
  /** @type {import("../../wire.d.ts").Preview | null} */ preview: null,
  /** @type {HTMLImageElement | null} the changed photo */ picture: null,
  /** why the change cannot be made, or was not answered */ message: "",
  /** @type {"" | "change" | "ladder"} what the networks are at */ busy: "",
  /** how far they are, in words */ doing: "",
  stop: false,
  /** @type {Map<string, Row>} by network */ rows: new Map(),
  /** @type {HTMLImageElement | null} the changed photo that the rows are about */ answered: null,
  /** what that change is, in words */ words: "",
  /** @type {import("../../wire.d.ts").Ladder | null} */ ladder: null,
  /** @type {"kept" | "entropy"} */ number: "kept",
};

/** @type {Record<string, any>} the tab's elements, once there is a place for them */
export const parts = {};

export const kindNow = () => whatIf.told?.kinds.find(({ id }) => id === whatIf.kind);

/** @param {ChangeKind} kind */
export const amountOf = (kind) => whatIf.amounts[kind.id] ?? kind.amount?.usual ?? null;

/** What the server is asked for. */
export function changeNow() {
  const kind = kindNow();
  if (!kind) return null;
  return {
    kind: kind.id,
    amount: kind.amount ? amountOf(kind) : null,
    box: kind.box ? whatIf.box : null,
    name: kind.named ? whatIf.name : null,
  };
}

/** @param {string | null} run another photo: nothing that was said of the last one stays but the choice of change */
export function changePhoto(run) {
  Object.assign(whatIf, { run, box: null, names: [], preview: null, picture: null, message: "", doing: "", words: "" });
  Object.assign(whatIf, { answered: null, ladder: null, stop: true });
  whatIf.rows.clear();
  if (parts.saved) parts.saved.textContent = "";
}
