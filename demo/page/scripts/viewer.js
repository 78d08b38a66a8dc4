"use strict";
/* global startModules */
// Fetches the viewer's modules. What the page asks of the viewer until they are here is kept, and then asked again.
// Gradio looks for these names
const ways = {
  run: (detail) => trigger("run", detail),
  wait: () => trigger("wait"),
  show: (detail) => trigger("show", detail),
  answer: (detail) => trigger("answer", detail),
  study_work: (detail) => trigger("study_work", detail),
  what_if_work: (detail) => trigger("what_if_work", detail),
  why_work: (detail) => trigger("why_work", detail),
};
const heard = ["arrived", "run", "stop", "ran", "failed"].map((name) => `zoo:${name}`);
const early = [];
const keep = (event) => early.push(event);
heard.forEach((name) => document.addEventListener(name, keep));

const place = new URL(props.modules, document.baseURI);
const fetched = fetch(place).then((reply) => (reply.ok ? reply.json() : Promise.reject(reply.status)));
fetched
  .then((pack) => startModules(pack, new URL(".", place).href.slice(0, -1)))
  .then(
    ({ mount }) => {
      heard.forEach((name) => document.removeEventListener(name, keep));
      mount({ element, props, trigger: (name, detail) => ways[name](detail), server, upload, watch });
      early.forEach(({ type, detail }) => document.dispatchEvent(new CustomEvent(type, { detail })));
    },
    () => {
      element.querySelector(".zoo").textContent = "The page's scripts could not be fetched; load the page again.";
    },
  );
