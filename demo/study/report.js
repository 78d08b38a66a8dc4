for (const button of document.querySelectorAll("th button")) button.addEventListener("click", () => {
  const head = button.closest("th"), table = head.closest("table"), column = [...head.parentNode.children].indexOf(head);
  const up = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && head.matches(".text"));
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const value = row => { const cell = row.children[column]; return cell.dataset.value ?? cell.textContent; };
  const rows = [...table.tBodies[0].rows], order = up ? 1 : -1;
  rows.sort((a, b) => { const x = value(a), y = value(b);
    if (x === "" || y === "") return (x === "") - (y === "");
    return order * (isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y); });
  table.tBodies[0].append(...rows);
});
