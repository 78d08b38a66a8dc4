"use strict";
// The example photos beside the input.
const list = element.querySelector(".zoo-example-buttons");
for (const example of props.examples) {
  const button = document.createElement("button");
  const image = document.createElement("img");
  const name = document.createElement("span");
  const story = document.createElement("small");
  Object.assign(button, { type: "button", title: example.credit });
  Object.assign(image, { src: example.thumb, alt: "", width: example.width, height: example.height });
  name.textContent = example.title;
  story.textContent = example.story;
  button.append(image, name, story);
  button.addEventListener("click", () => choose(example.name));
  list.append(button);
}
// the viewer offers the same: what is in a page twice is sent twice
const here = () =>
  document.dispatchEvent(new CustomEvent("zoo:examples-here", { detail: { examples: props.examples } }));
document.addEventListener("zoo:examples-wanted", here);
here();
document.addEventListener("zoo:choose", (event) => choose(event.detail.name));

function choose(name) {
  props.value = name;
  trigger("choose");
}
