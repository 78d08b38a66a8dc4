// @ts-check
// A button that puts words into the clipboard, and says whether it could.

import { announce } from "./live.js";

document.addEventListener("click", async ({ target }) => {
  const button = target instanceof Element ? /** @type {HTMLElement} */ (target.closest("[data-copy]")) : null;
  if (!button) return;
  const text = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy";
  }
  announce(button.textContent);
  setTimeout(() => {
    button.textContent = text;
  }, 2000);
});
