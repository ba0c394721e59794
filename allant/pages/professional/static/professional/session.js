/* A bulk session: each row is kept until the server has answered, sent again when the connection comes back, and never doubled,
   because its key is made here once. The focus stays in the field; nothing typed there is ever taken for an answer, but a single
   digit, which no number and no code is. */

import { Vault } from "./vault.js";

const section = document.querySelector("[data-session]");
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
if (section) start(section);

function start(section) {
  const TIMEOUT = 15_000; // milliseconds before an answer is held lost
  const WAITS = [1, 2, 4, 8, 15]; // seconds between two attempts
  const DONE = ["recorded", "already", "cancelled"];
  const STATES = {
    waiting: "En attente d’envoi", recorded: "Enregistrée", already: "Déjà connue", choose: "À préciser", reason: "Motif demandé",
    refused: "Refusée", cancelled: "Annulée",
  };
  const form = document.getElementById("saisie");
  const input = form.elements.typed;
  const list = section.querySelector("[data-rows]");
  const announce = section.querySelector("[data-announce]");
  const alertBox = section.querySelector("[data-alert]");
  const token = form.elements.csrfmiddlewaretoken.value;
  const vault = new Vault(section.dataset.session, section.dataset.key);
  const rows = [];
  let number = 0, busy = false, attempt = 0, timer = 0, stopped = false;

  section.querySelector("[data-with-script]").hidden = false;
  section.querySelector("[data-counts]").hidden = false;

  const newKey = () => crypto.randomUUID?.()
    ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
      (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));

  const keep = () => vault.save(rows.filter((row) => !DONE.includes(row.state)).map(({ element, ...row }) => row));
  const waiting = () => rows.filter((row) => row.state === "waiting");
  const say = (message) => { announce.textContent = message; };

  function warn(message, link) {
    alertBox.replaceChildren();
    if (!message) return;
    const box = document.createElement("div");
    box.className = "fr-alert fr-alert--warning fr-alert--sm fr-mb-2w";
    const line = document.createElement("p");
    line.textContent = `${message} `;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.href;
      anchor.textContent = link.text;
      line.append(anchor);
    }
    box.append(line);
    alertBox.append(box);
  }

  function add(typed) {
    const row = { key: newKey(), number: ++number, typed, state: "waiting", message: "", person: "", birth: "" };
    rows.unshift(row);
    keep();
    show(row);
    pump();
  }

  /* --- sending: one at a time, in the order typed --- */

  async function pump() {
    clearTimeout(timer);
    if (busy || stopped) return;
    busy = true;
    for (let row = waiting().at(-1); row && !stopped; row = waiting().at(-1)) {
      if (!(await send(row))) break;
    }
    busy = false;
  }

  async function send(row) {
    const body = JSON.stringify({ row: row.key, typed: row.typed, person: row.chosen ?? null, reason: row.reason ?? "" });
    let answer;
    try {
      answer = await post(section.dataset.send, body);
    } catch {
      return again("La connexion est coupée.");
    }
    if (answer.type === "opaqueredirect" || answer.status === 401) return expired("Votre session a expiré.");
    if (answer.status >= 500) return again("Le service ne répond pas.");
    let said;
    try {
      said = await answer.json();
    } catch {
      return answer.status === 403 ? expired("Cette page a été ouverte dans une autre session.") : again("La réponse s’est perdue.");
    }
    attempt = 0;
    if (said.outcome === "wait") return later(said.message, said.seconds);
    warn("");
    settle(row, said);
    return true;
  }

  const post = (url, body) => fetch(url, {
    method: "POST", body, redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
  });

  const plural = (count) => `${count} ligne${count > 1 ? "s" : ""}`;

  function again(cause) {
    const seconds = WAITS[Math.min(attempt++, WAITS.length - 1)];
    const count = waiting().length;
    const s = count > 1 ? "s" : "";
    const where = vault.kept ? `gardée${s} sur ce poste` : `gardée${s} dans cette page : ne la fermez pas`;
    warn(`${cause} ${plural(count)} en attente, ${where}, et envoyée${s} dès que possible. Continuez à saisir.`);
    timer = setTimeout(pump, seconds * 1000);
    count_up();
    return false;
  }

  function later(message, seconds) {
    warn(message);
    timer = setTimeout(pump, seconds * 1000);
    return false;
  }

  function expired(cause) {
    stopped = true;
    keep();
    const where = vault.kept ? "Gardé sur ce poste, envoyé à votre retour" : "Perdu en quittant cette page : recopiez d’abord";
    warn(`${cause} ${where} : ${plural(waiting().length)}.`, { href: section.dataset.signIn, text: "Se reconnecter" });
    return false;
  }

  function settle(row, said) {
    Object.assign(row, {
      state: said.outcome ?? "refused", message: said.message ?? said.error ?? "Réponse illisible.", next: said.next ?? "",
      person: said.person ?? "", birth: said.birth ?? "", choices: said.choices ?? [],
    });
    if (said.chosen) row.chosen = said.chosen;
    keep();
    show(row);
    say(`Ligne ${row.number} : ${row.person ? `${row.person}. ` : ""}${row.message}`);
  }

  /* --- showing --- */

  function show(row) {
    const element = line(row);
    if (row.element) row.element.replaceWith(element);
    else list.prepend(element);
    row.element = element;
    markFirstChoice();
    count_up();
  }

  function line(row) {
    const element = document.createElement("li");
    element.className = `allant-line allant-line--${row.state}`;
    element.dataset.state = row.state;
    const title = document.createElement("p");
    title.className = "allant-line__title";
    const name = document.createElement("strong");
    name.textContent = row.person || row.typed;
    const badge = document.createElement("span");
    badge.className = "allant-line__state";
    badge.textContent = STATES[row.state] ?? row.state;
    title.append(`${row.number}. `, name, row.birth ? `, ${row.birth} ` : " ", badge);
    const message = document.createElement("p");
    message.className = "allant-line__message";
    message.textContent = [row.message, row.next].filter(Boolean).join(" ");
    element.append(title, message);
    const more = { choose: choices, reason, refused, recorded }[row.state];
    if (more) element.append(more(row));
    return element;
  }

  function choices(row) {
    const box = document.createElement("div");
    box.className = "allant-buttons";
    box.append(...row.choices.slice(0, 9).map((choice, rank) =>
      button(`${rank + 1} : ${choice.name}${choice.birth ? `, ${choice.birth}` : ""}`, () => choose(row, rank))));
    box.append(button("Retirer la ligne", () => drop(row), "tertiary"));
    return box;
  }

  function reason(row) {
    const box = document.createElement("form");
    box.className = "allant-entry";
    const group = document.createElement("div");
    group.className = "fr-input-group";
    const label = document.createElement("label");
    label.className = "fr-label";
    label.textContent = `Motif pour passer outre, ligne ${row.number}`;
    const field = document.createElement("input");
    field.className = "fr-input";
    field.id = `motif-${row.key}`;
    field.maxLength = 200;
    field.required = true;
    field.autocomplete = "off";
    label.htmlFor = field.id;
    group.append(label, field);
    box.append(group, button("Enregistrer malgré tout", null), button("Retirer la ligne", () => drop(row), "tertiary"));
    box.querySelector("button").type = "submit";
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!field.value.trim()) return field.focus();
      row.reason = field.value.trim();
      resend(row);
    });
    return box;
  }

  const refused = (row) => {
    const box = document.createElement("div");
    box.className = "allant-buttons";
    box.append(
      button("Corriger la saisie", () => { drop(row); input.value = row.typed; input.select(); }),
      button("Retirer la ligne", () => drop(row), "tertiary"),
    );
    return box;
  };

  const recorded = (row) => {
    const box = document.createElement("div");
    box.className = "allant-buttons";
    box.append(button(`Annuler cette dose (${row.person})`, () => cancel(row), "tertiary"));
    return box;
  };

  function button(text, act, kind = "secondary") {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `fr-btn fr-btn--sm fr-btn--${kind}`;
    made.textContent = text;
    if (act) made.addEventListener("click", act);
    return made;
  }

  /* Only the oldest choice answers to a digit: it says so. */
  const oldestChoice = () => rows.findLast((row) => row.state === "choose");
  function markFirstChoice() {
    for (const each of list.querySelectorAll("[data-first]")) delete each.dataset.first;
    const first = oldestChoice();
    if (first?.element) first.element.dataset.first = "";
  }

  function count_up() {
    const counts = { recorded: 0, already: 0, todo: 0, refused: 0, waiting: 0 };
    for (const row of rows) {
      if (row.state === "choose" || row.state === "reason") counts.todo += 1;
      else if (row.state in counts) counts[row.state] += 1;
    }
    for (const [name, count] of Object.entries(counts)) section.querySelector(`[data-count=${name}]`).textContent = count;
  }

  /* --- answering a row --- */

  function choose(row, rank) {
    row.chosen = row.choices[rank].person;
    row.person = row.choices[rank].name;
    resend(row);
  }

  function resend(row) {
    row.state = "waiting";
    row.message = "";
    keep();
    show(row);
    input.focus();
    pump();
  }

  function drop(row) {
    rows.splice(rows.indexOf(row), 1);
    row.element.remove();
    keep();
    markFirstChoice();
    count_up();
    input.focus();
  }

  async function cancel(row) {
    try {
      const answer = await post(section.dataset.cancel, JSON.stringify({ row: row.key, typed: "" }));
      const said = await answer.json();
      if (said.outcome === "cancelled") row.state = "cancelled";
      row.message = said.message;
      row.next = "";
      show(row);
      say(`Ligne ${row.number} : ${row.message}`);
    } catch {
      warn("L’annulation n’est pas partie : la connexion est coupée. Recommencez dans un instant.");
    }
    input.focus();
  }

  /* --- keys --- */

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = input.value.trim();
    input.value = "";
    if (!typed) return;
    const asked = oldestChoice();
    if (/^[1-9]$/.test(typed)) {
      if (asked?.choices[typed - 1]) choose(asked, typed - 1);
      else say("Aucune ligne n’attend ce chiffre.");
      return;
    }
    add(typed);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.repeat) event.preventDefault();
    if (event.key === "F2") {
      event.preventDefault();
      const todo = rows.findLast((row) => ["choose", "reason", "refused"].includes(row.state));
      todo?.element.querySelector("input, button")?.focus();
    }
    if (event.key === "Escape") input.focus();
  });

  /* --- leaving, coming back --- */

  addEventListener("online", () => { attempt = 0; pump(); });
  addEventListener("beforeunload", (event) => {
    if (waiting().length && !stopped) event.preventDefault();
  });
  addEventListener("submit", (event) => {
    if (!event.target.matches("form[action$='/fin/']")) return;
    const left = rows.filter((row) => !DONE.includes(row.state)).length;
    if (left && !confirm(`${plural(left)} de cette séance ne ${left > 1 ? "sont" : "est"} pas enregistrée${left > 1 ? "s" : ""}. Se déconnecter les efface. Se déconnecter quand même ?`)) {
      event.preventDefault();
      return;
    }
    forget();
  }, true); // before the script of every page, which erases
  new BroadcastChannel("allant:sign-out").addEventListener("message", () => {
    forget();
    list.replaceChildren();
    count_up();
    warn("Vous vous êtes déconnecté dans un autre onglet : les lignes non enregistrées sont effacées.",
      { href: section.dataset.signIn, text: "Se reconnecter" });
  });

  function forget() {
    stopped = true;
    rows.length = 0;
    vault.forget();
  }

  vault.load().then((kept) => {
    for (const row of kept.reverse()) {
      number = Math.max(number, row.number);
      rows.unshift(row);
      show(row);
    }
    if (kept.length) say(`${plural(kept.length)} non enregistrée${kept.length > 1 ? "s" : ""} retrouvée${kept.length > 1 ? "s" : ""} sur ce poste.`);
    pump();
  });
  input.focus();
}
