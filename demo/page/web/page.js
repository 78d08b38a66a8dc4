// @ts-check
// What Gradio hands to the viewer. `mount` of main.js fills it before anything else is called.

/**
 * @typedef {object} Given what the component's script has in hand
 * @property {HTMLElement} element the component's own
 * @property {any} props what the server has put into it; `value` is the View that is shown
 * @property {(name: "run" | "wait", detail?: object) => void} trigger starts an event of the server's
 * @property {Record<"probe" | "differ" | "truth" | "stop", (question: object) => Promise<any>>} server
 * @property {(file: File) => Promise<{path: string}>} upload
 * @property {(name: string, changed: () => void) => void} watch
 */

/** @typedef {import("./draw/colours.js").Colour} Colour */

export const page = {
  /** @type {HTMLElement} */ element: null,
  /** @type {any} */ props: null,
  /** @type {Given["trigger"]} */ trigger: null,
  /** @type {Given["server"]} */ server: null,
  /** @type {Given["upload"]} */ upload: null,
  /** @type {string[]} the classes */ names: [],
  /** @type {Record<"distinct" | "official", Colour[]>} a colour a class */ palettes: null,
  /** @type {Record<"colour" | "grey", Colour[]>} from no doubt to all */ scales: null,
  /** nats */ maxEntropy: 0,
  /** steps of the entropy, confidence and margin maps */ levels: 0,
  /** @type {{name: string, title: string, thumb: string, width: number, height: number}[]} */ examples: [],
};

/** @param {Given} given */
export function fillPage({ element, props, trigger, server, upload }) {
  const { names, palettes, scales, max_entropy: maxEntropy, levels, examples } = props;
  Object.assign(page, { element, props, trigger, server, upload });
  Object.assign(page, { names, palettes, scales, maxEntropy, levels, examples });
}
