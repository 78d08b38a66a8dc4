"use strict";
/* exported startModules */
// The page's modules come as one file, [path, text] each, after all that it imports. Each becomes a module of its own,
// which the browser's tools show under its path.
/**
 * @param {[string, string][]} pack
 * @param {string} folder where the tools show them
 * @returns {Promise<any>} what main.js exports
 */
function startModules(pack, folder) {
  /** @type {Record<string, string>} */
  const made = {};
  for (const [path, text] of pack) {
    const whole = text.replace(
      /^(import (?:\{[^}]*\} from )?)"([^"]+)";/gm,
      (_, words, other) => `${words}"${made[other]}";`,
    );
    const named = `\n//# sourceURL=${folder}/${path}\n`;
    made[path] = URL.createObjectURL(new Blob([whole, named], { type: "text/javascript" }));
  }
  return import(made["main.js"]);
}
