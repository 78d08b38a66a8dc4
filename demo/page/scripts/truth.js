"use strict";
// The place for "Truth"; the viewer's script fills it, as it knows the maps.
const here = () => document.dispatchEvent(new CustomEvent("zoo:truth-here", { detail: { root: element.querySelector(".zoo-truth") } }));
document.addEventListener("zoo:truth-wanted", here);
here();
