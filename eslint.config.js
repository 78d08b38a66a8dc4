import js from "@eslint/js";
import globals from "globals";

/** What Gradio gives a component's script, which runs as one function. */
const given = ["element", "props", "server", "trigger", "upload", "watch"];

const rules = {
  eqeqeq: ["error", "smart"],
  "no-unused-vars": ["error", { args: "none" }],
  "one-var": ["error", "never"],
  "prefer-const": "error",
};

/** Only wording.js rounds. */
const rounding = ["toFixed", "toPrecision", "toLocaleString"].map((property) => ({
  property,
  message: "Numbers become words in wording.js.",
}));

export default [
  js.configs.recommended,
  { rules },
  { files: ["demo/page/web/**/*.js"], languageOptions: { globals: globals.browser } },
  {
    files: ["demo/page/web/**/*.js"],
    ignores: ["**/wording.js"],
    rules: { "no-restricted-properties": ["error", ...rounding] },
  },
  {
    files: ["demo/page/scripts/*.js"],
    languageOptions: {
      sourceType: "script",
      globals: { ...globals.browser, ...Object.fromEntries(given.map((name) => [name, "readonly"])) },
    },
  },
  { files: ["**/*.test.js"], languageOptions: { globals: globals.node } },
];
