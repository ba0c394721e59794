/* The call's page with scripts: signs of life, one key an outcome, the partners' hours. Each works without, by its own button. */

const desk = document.querySelector("[data-desk]");
const token = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

const alive = async () => {
  const body = new URLSearchParams({ call: desk.dataset.desk, csrfmiddlewaretoken: token() });
  const answer = await fetch(desk.dataset.aliveUrl, { method: "POST", body, credentials: "same-origin" }).catch(() => null);
  /* A network that fails says nothing of the call; only the server's word does. */
  if (answer?.status === 409) document.querySelector("#gone").hidden = false;
};
if (desk) setInterval(alive, Number(desk.dataset.alive) * 1000);

/* Digits and letters press the button that shows them, unless somebody is typing or has put the keys off (WCAG 2.1.4). */
const keys = document.querySelector("#touches");
if (keys) {
  keys.closest("[data-shortcuts]").hidden = false;
  keys.checked = localStorage.getItem("allant-desk-keys") !== "off";
  keys.addEventListener("change", () => localStorage.setItem("allant-desk-keys", keys.checked ? "on" : "off"));
}
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (keys?.checked === false) return;
  if (event.target.closest("input:not([type=hidden], [type=checkbox]), select, textarea")) return;
  const key = event.key.toLowerCase();
  const button = [...document.querySelectorAll("button[data-key]")].find((each) => each.dataset.key.toLowerCase() === key);
  if (!button) return;
  event.preventDefault();
  button.click();
});

/* One call, one answer: a second press while the first travels sends nothing. */
addEventListener("submit", (event) => {
  if (desk?.dataset.sent) event.preventDefault();
  else if (desk) desk.dataset.sent = "1";
});
addEventListener("pageshow", () => { if (desk) delete desk.dataset.sent; });

const partners = document.querySelector("[data-partners]");
if (partners) {
  const link = partners.innerHTML;
  partners.textContent = "Recherche chez les partenaires…";
  fetch(partners.dataset.partners, { credentials: "same-origin" })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : Promise.reject(new Error(answer.status))))
    .then((text) => { partners.innerHTML = text; })
    .catch(() => { partners.innerHTML = link; });
}
