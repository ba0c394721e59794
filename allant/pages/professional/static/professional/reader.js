/* « Lire la carte Vitale »: asks the reader of this workstation for the card, fills the search and sends it (VC-05).
   The port is described in docs/how-to/carte-vitale.md. */

const PATIENCE = 5000; // milliseconds
const SAID = {
  no_card: "Aucune carte dans le lecteur : insérez la carte Vitale du patient, puis recommencez.",
  unreadable: "Carte illisible : retirez-la, vérifiez son sens et sa puce, puis recommencez. Vous pouvez aussi saisir le NIR.",
};
const NO_READER = "Le lecteur ne répond pas : vérifiez qu'il est branché et que son logiciel est lancé, ou saisissez le NIR.";

const button = document.getElementById("lire-carte");
const form = document.getElementById("recherche");
const status = document.getElementById("lecteur");
const field = document.getElementById("patient");

const add = (name, value) => {
  const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
  input.dataset.card = "";
  form.append(input);
};

const fill = (card) => {
  form.querySelectorAll("[data-card]").forEach((input) => input.remove());
  field.value = card.nir;
  add("source", "card");
  if (card.beneficiaries?.length === 1) {
    for (const [name, value] of Object.entries(card.beneficiaries[0])) add(`card_${name}`, value);
  }
};

const read = async () => {
  const answer = await fetch(button.dataset.reader, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
  const content = await answer.json();
  return answer.ok && content.nir ? { card: content } : { error: SAID[content.error] ?? SAID.unreadable };
};

button.hidden = false;
// A number typed over the card's is no longer the card's.
field.addEventListener("input", () => form.querySelectorAll("[data-card]").forEach((input) => input.remove()));
button.addEventListener("click", async () => {
  button.disabled = true;
  status.textContent = "Lecture de la carte…";
  const { card, error } = await read().catch(() => ({ error: NO_READER }));
  button.disabled = false;
  status.textContent = error ?? "Carte lue, recherche en cours.";
  if (!card) return button.focus();
  fill(card);
  form.requestSubmit();
});
