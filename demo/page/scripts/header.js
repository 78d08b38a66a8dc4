"use strict";
// Light or dark: the system's choice until the visitor makes one, which this browser then remembers.
const dark = element.querySelector(".zoo-dark");
const copy = element.querySelector(".zoo-copy");
const skip = element.querySelector(".zoo-skip");
const remembered = () => {
  try {
    return localStorage.getItem("zoo-theme");
  } catch {
    return null;
  }
};
const show = () => {
  const on = document.body.classList.contains("dark");
  dark.textContent = on ? "Light" : "Dark";
  dark.setAttribute("aria-label", on ? "Switch to light colours" : "Switch to dark colours");
};

if (remembered() && !new URLSearchParams(location.search).has("__theme"))
  document.body.classList.toggle("dark", remembered() === "dark");
new MutationObserver(show).observe(document.body, { attributes: true, attributeFilter: ["class"] });
show();

dark.addEventListener("click", () => {
  const on = document.body.classList.toggle("dark");
  try {
    localStorage.setItem("zoo-theme", on ? "dark" : "light");
  } catch {
    /* private window: not remembered */
  }
});

copy.addEventListener("click", async () => {
  const words = copy.querySelector("span");
  try {
    await navigator.clipboard.writeText(location.href);
    words.textContent = new URLSearchParams(location.search).has("example")
      ? "Link copied"
      : "Copied, without your photo";
  } catch {
    words.textContent = "Copy the address bar";
  }
  setTimeout(() => {
    words.textContent = "Copy link";
  }, 2500);
});

// Past the photo, the examples and the networks, to the first picture; before there is one, to the first example.
skip.addEventListener("click", (event) => {
  event.preventDefault();
  const places = [...document.querySelectorAll("#viewer .zoo-surface, #viewer .zoo-example")];
  places.find((place) => place.offsetParent !== null)?.focus();
});
