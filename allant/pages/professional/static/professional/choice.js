/* A digit chooses the patient: 1 for the first line, up to 9. Buttons do the same without this script. */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  document.querySelector(`[data-choices] [data-key="${CSS.escape(event.key)}"]`)?.click();
});
