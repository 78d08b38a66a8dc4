// @ts-check
// The events that the page's components exchange, each named zoo:<name>.

/** @type {(name: string, detail?: object) => void} */
export const emit = (name, detail) => document.dispatchEvent(new CustomEvent(`zoo:${name}`, { detail }));

/** @type {(name: string, listener: (detail: any) => void) => void} */
export const hear = (name, listener) =>
  document.addEventListener(`zoo:${name}`, (event) => listener(/** @type {CustomEvent} */ (event).detail ?? {}));
