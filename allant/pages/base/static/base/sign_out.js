/* What a bulk session keeps on this machine until it is sent ends with the sign-in, whichever page it ends on: a shared machine
   keeps nothing of a patient. The person is told before what is lost. The page of a bulk session tells its own rows itself. */

const PREFIX = "allant:seance:";
const kept = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
const erase = () => kept().forEach((name) => localStorage.removeItem(name));
const QUESTION = "Des lignes saisies dans une séance de vaccination ne sont pas enregistrées. "
  + "Se déconnecter les efface de ce poste. Se déconnecter quand même ?";

/* On the document: the header's form stands twice once the menu of small screens is made. */
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[action$='/fin/']")) return;
  const told = document.querySelector("[data-session]");
  if (event.defaultPrevented || (!told && kept().length && !confirm(QUESTION))) {
    event.preventDefault();
    return;
  }
  new BroadcastChannel("allant:sign-out").postMessage(""); // a session open in another tab stops keeping
  erase();
});

if (document.querySelector("[data-signed-out]")) erase();
