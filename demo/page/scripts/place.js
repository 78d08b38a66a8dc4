"use strict";
// A tab's place; the viewer's modules fill it.
const root = element.querySelector(`.zoo-${props.tab}`);
const here = () => document.dispatchEvent(new CustomEvent(`zoo:${props.tab}-here`, { detail: { root } }));
document.addEventListener(`zoo:${props.tab}-wanted`, here);
here();
