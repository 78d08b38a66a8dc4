"use strict";
// Fetches the viewer's modules. What the page asks of the viewer until they are here is kept, and then asked again.
// Gradio looks for these names
const ways = {
  run: (detail) => trigger("run", detail),
  wait: () => trigger("wait"),
  show: (detail) => trigger("show", detail),
  answer: (detail) => trigger("answer", detail),
  what_if_work: (detail) => trigger("what_if_work", detail),
};
const heard = ["arrived", "run", "stop", "ran", "failed"].map((name) => `zoo:${name}`);
const early = [];
const keep = (event) => early.push(event);
heard.forEach((name) => document.addEventListener(name, keep));

import(new URL(props.main, document.baseURI)).then(
  ({ mount }) => {
    heard.forEach((name) => document.removeEventListener(name, keep));
    mount({ element, props, trigger: (name, detail) => ways[name](detail), server, upload, watch });
    early.forEach(({ type, detail }) => document.dispatchEvent(new CustomEvent(type, { detail })));
  },
  () => {
    element.querySelector(".zoo").textContent = "The page's scripts could not be fetched; load the page again.";
  },
);
