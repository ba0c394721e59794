/* What is declared for each patient is asked only when something is. */

const declares = document.querySelector("input[name=declares]");
const part = document.querySelector("[data-if-declares]");

if (declares && part) {
  const show = () => { part.hidden = !declares.checked; };
  declares.addEventListener("change", show);
  show();
}
