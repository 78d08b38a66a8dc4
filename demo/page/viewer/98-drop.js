// A photo may be dropped or pasted anywhere; it goes the way of a chosen file.
function hand(file) {
  const input = document.querySelector("#photo input[type=file]"), carrier = new DataTransfer();
  if (!input) return;
  carrier.items.add(file);
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

const firstFile = (data) => [...(data?.files ?? [])][0];

document.addEventListener("paste", (event) => {
  const file = firstFile(event.clipboardData);
  if (!file || typing(event.target)) return;
  event.preventDefault();
  hand(file);
});

document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files") || event.target.closest?.("#photo, [data-own-drop]")) return;
  event.preventDefault();
  element.classList.add("dropping");
});
for (const name of ["dragleave", "drop", "dragend"]) document.addEventListener(name, (event) => {
  if (name !== "dragleave" || !event.relatedTarget) element.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  const file = firstFile(event.dataTransfer);
  if (!file || event.target.closest?.("#photo, [data-own-drop]")) return;
  event.preventDefault();
  hand(file);
});
