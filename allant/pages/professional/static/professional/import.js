/* While a file is read: say so, and keep it from being sent twice by impatience (twice would do no harm). */

const form = document.querySelector("[data-import]");
const status = document.querySelector("[data-import-status]");

form.addEventListener("submit", () => {
  const started = Date.now();
  const tell = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    status.textContent = seconds < 5
      ? "Lecture et vérification en cours : gardez cette page ouverte."
      : `Lecture et vérification en cours depuis ${seconds - (seconds % 5)} secondes. Si la connexion se coupe, envoyez de nouveau le même fichier : rien ne sera doublé.`;
  };
  form.querySelector("button[type=submit]").disabled = true;
  tell();
  setInterval(tell, 5000);
});

// Coming back with the browser's « previous » shows the form ready again.
addEventListener("pageshow", () => {
  form.querySelector("button[type=submit]").disabled = false;
  status.textContent = "";
});

document.getElementById("refus")?.focus();
