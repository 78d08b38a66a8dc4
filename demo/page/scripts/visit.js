"use strict";
// The strip of this visit's photos: a place that the viewer's modules fill, and what is told of a photo behind the shown.
const root = element.querySelector(".zoo-visit");
const here = () => document.dispatchEvent(new CustomEvent("zoo:visit-here", { detail: { root } }));
document.addEventListener("zoo:visit-wanted", here);
here();
watch("value", () => {
  if (props.value) document.dispatchEvent(new CustomEvent("zoo:told", { detail: JSON.parse(props.value) }));
});
