"use strict";
// The page is in English, and so is what Gradio writes: it would take the browser's language for its own words alone.
for (const [name, value] of Object.entries({ language: "en", languages: ["en"] }))
  Object.defineProperty(navigator, name, { get: () => value, configurable: true });
