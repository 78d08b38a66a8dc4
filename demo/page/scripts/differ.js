"use strict";
// The place for "Where they differ"; the viewer's script fills it, as it knows the maps.
const here = () => document.dispatchEvent(new CustomEvent("zoo:differ-here", { detail: { root: element.querySelector(".zoo-differ") } }));
document.addEventListener("zoo:differ-wanted", here);
here();
