// In a grid of fields, Enter and the up and down arrows go from one row to the next in the same column.
// Without this script the tabulation does, row by row.
for (const form of document.querySelectorAll("form[data-grid]")) {
  form.addEventListener("keydown", (event) => {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const row = step > 0 ? cell.parentElement.nextElementSibling : cell.parentElement.previousElementSibling;
    const field = row?.children[cell.cellIndex]?.querySelector("input");
    field?.focus();
    field?.select();
  });
}
