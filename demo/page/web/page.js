// @ts-check
// What Gradio hands to the viewer. `mount` of main.js fills it before anything else is called.

/**
 * What answers a question; a reply that only says why it has nothing else has a message.
 *
 * @template Reply
 * @typedef {(question: object) => Promise<Partial<Reply> & {message?: string}>} Ask
 */

/**
 * @typedef {object} Server
 * @property {Ask<import("./wire.d.ts").PixelReply>} pixel
 * @property {Ask<any>} differ Differences, Conflict or Mean, as the question says
 * @property {Ask<any>} truth Truth, Judged, Proper, ClassIndex or Figure, as the question says
 * @property {Ask<any>} study StudyLimits, StudyBegun, StudyRow or Figure, as the question says
 * @property {Ask<any>} what_if ChangeKinds, SeenNames, Preview, Altered, Pending, Ladder or Figure, as asked
 * @property {Ask<import("./wire.d.ts").Why>} why
 * @property {Ask<import("./wire.d.ts").Figure>} figure
 * @property {Ask<object>} stop
 * @property {Ask<import("./wire.d.ts").Looked>} look
 * @property {Ask<import("./wire.d.ts").PhotoNumbers>} numbers
 */

/** @typedef {"why_work" | "what_if_work" | "study_work"} Work a tab's, which its networks do */
/** @typedef {"run" | "wait" | "show" | "answer" | Work} Triggered a server's event */

/**
 * @typedef {object} Given what the component's script has in hand
 * @property {HTMLElement} element the component's own
 * @property {{value: import("./wire.d.ts").View} & Record<string, any>} props what the server has put into it
 * @property {(name: Triggered, detail?: object) => void} trigger asks
 * @property {Server} server
 * @property {(file: File) => Promise<{path: string}>} upload
 * @property {(name: string, changed: () => void) => void} watch
 * @property {import("./ui/alone.js").Kept} [kept] what a file without a server holds instead
 */

/** @typedef {import("./draw/colours.js").Colour} Colour */

/**
 * @typedef {object} Example
 * @property {string} name
 * @property {string} title
 * @property {string} story what the compact networks make of it
 * @property {string} thumb
 * @property {number} width of the thumbnail
 * @property {number} height
 * @property {{name: string, corners: [number, number][]}[]} truth regions that this project has drawn; mostly none
 */

export const page = {
  /** @type {HTMLElement} */ element: null,
  /** @type {Given["props"]} */ props: null,
  /** @type {Given["trigger"]} */ trigger: null,
  /** @type {Given["server"]} */ server: null,
  /** @type {Given["upload"]} */ upload: null,
  /** whether this is a file that was taken away, without a server */ alone: false,
  /** @type {string[]} the classes of all sets, by the numbers of classes.js */ names: [],
  /** @type {Record<"distinct" | "official", Colour[]>} a colour a class */ palettes: { distinct: [], official: [] },
  /** @type {Record<"colour" | "grey", Colour[]>} from no doubt to all */ scales: null,
  /** steps of the measures' maps */ levels: 0,
  /** @type {Record<"right" | "unsure" | "sure" | "foreign", string>} colours of an error map */ errors: null,
  /** @type {Example[]} */ examples: [],
};

/** @param {Given} given */
export function fillPage({ element, props, trigger, server, upload, kept }) {
  const { scales, levels, errors } = props;
  Object.assign(page, { element, props, trigger, server, upload, alone: Boolean(kept) });
  Object.assign(page, { scales, levels, errors });
}
