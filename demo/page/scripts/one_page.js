"use strict";
/* global startModules */
// A run in a file of its own: the viewer's modules are started on what the file holds.
const held = (id) => JSON.parse(document.getElementById(id).textContent);

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.body.classList.toggle("dark", dark.matches);
dark.addEventListener("change", follow);
follow();

const tabs = [...document.querySelectorAll("[role=tab]")];
function choose(chosen) {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
  }
}
for (const [i, tab] of tabs.entries()) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) tabs.at((i + step) % tabs.length).click();
    if (step) tabs.at((i + step) % tabs.length).focus();
  });
}
choose(tabs[0]);

for (const name of ["pixel", "differ"]) {
  const root = document.querySelector(`.zoo-${name}`);
  document.addEventListener(`zoo:${name}-wanted`, () =>
    document.dispatchEvent(new CustomEvent(`zoo:${name}-here`, { detail: { root } })),
  );
}

const nothing = () => {};
startModules(held("zoo-modules"), "segmentation-zoo").then(
  ({ mount }) => {
    const { props, kept } = held("zoo-given");
    const element = document.getElementById("viewer");
    mount({ element, props, kept, trigger: nothing, server: {}, upload: nothing, watch: nothing });
  },
  (error) => {
    document.querySelector("#viewer .zoo").textContent = `This browser could not start the file's scripts (${error}).`;
  },
);
