// What every part shares: making elements, saying numbers, and the events that the page's components exchange.
const NAMES = props.names, MAX_ENTROPY = props.max_entropy, LEVELS = props.levels;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const spoken = (text) => make("span", { class: "zoo-said" }, text); // for ears only

function icon(name) {
  const paths = {
    grow: "M9 3H3v6M15 21h6v-6M3 3l7 7M21 21l-7-7", shrink: "M4 10h6V4M20 14h-6v6M10 10 3 3M14 14l7 7",
    plus: "M12 5v14M5 12h14", minus: "M5 12h14", keys: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
    swap: "M7 4 3 8l4 4M3 8h14M17 12l4 4-4 4M21 16H7", fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  };
  const holder = make("span", { class: "zoo-icon", "aria-hidden": "true" });
  holder.innerHTML = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="${paths[name]}"/></svg>`;
  return holder;
}

const percent = (share) => {
  const value = 100 * share;
  return value >= 9.95 ? `${value.toFixed(0)} %` : value >= 0.095 ? `${value.toFixed(1)} %` : value > 0 ? "< 0.1 %" : "0 %";
};
const duration = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const bringUp = (node) => node?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
async function answered(reply, remedy) { // what the server says, or a sentence when it says nothing
  const silence = { message: `The server did not answer; ${remedy}.` };
  try { return (await reply) ?? silence; } catch { return silence; }
}

const emit = (name, detail) => document.dispatchEvent(new CustomEvent(`zoo:${name}`, { detail }));
const hear = (name, listener) => document.addEventListener(`zoo:${name}`, (event) => listener(event.detail ?? {}));
