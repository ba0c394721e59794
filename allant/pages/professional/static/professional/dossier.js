/* What the pages of a file gain with scripts; each of them works without. */

const form = document.querySelector("[data-dose-form]");
const field = (name) => form?.elements[name] ?? null;

/* A proposal that someone touches is checked: its mark goes. */
const checked = (control) => {
  if (!("proposed" in control.dataset)) return;
  delete control.dataset.proposed;
  document.querySelector(`[data-proposed-for="${control.id}"]`)?.remove();
};

const propose = (control, value) => {
  if (!control) return;
  control.value = value;
  control.toggleAttribute("data-proposed", value !== "");
  const label = document.querySelector(`label[for="${control.id}"]`);
  label?.querySelector("[data-proposed-for]")?.remove();
  if (value === "" || !label) return;
  const mark = document.createElement("span");
  mark.className = "allant-proposed";
  mark.dataset.proposedFor = control.id;
  mark.textContent = "proposé, à vérifier";
  const hint = label.querySelector(".fr-hint-text");
  if (hint) hint.before(mark);
  else label.append(mark);
};

if (form) {
  form.addEventListener("input", (event) => checked(event.target));
  form.addEventListener("change", (event) => checked(event.target));

  /* The lot goes with the vaccine: another vaccine never keeps the lot of the former. */
  const lots = JSON.parse(form.dataset.lots ?? "{}");
  field("vaccine")?.addEventListener("change", (event) => propose(field("lot"), lots[event.target.value] ?? ""));

  /* One's own practice brings the N°AM and the address; the patient's home, theirs. */
  const places = JSON.parse(form.dataset.places ?? "{}");
  field("place_kind")?.addEventListener("change", (event) => {
    const known = places[event.target.value] ?? {};
    for (const name of ["am_number", "place_name", "postcode", "commune_code"]) {
      if (name === "am_number" || name in known) propose(field(name), known[name] ?? "");
    }
  });
}

/* A commune is not the name of a place: it fills the postcode, and the name stays to be typed. */
form?.addEventListener("combobox:chosen", (event) => {
  const fill = event.detail.fill ?? {};
  if (event.target.name === "place_name" && !("place_name" in fill)) event.target.value = "";
  if (event.target.name === "postcode") event.target.value = fill.postcode ?? "";
  checked(event.target);
});

/* Who prescribes: the prescriber's fields are asked only when it is someone else. */
const prescribes = document.querySelectorAll("input[name=declarant_prescribes]");
const showPrescriber = () => {
  const own = document.querySelector("input[name=declarant_prescribes]:checked")?.value === "oui";
  document.querySelector("[data-if-prescribes]").hidden = !own;
  document.querySelector("[data-if-not-prescribes]").hidden = own;
};
if (prescribes.length) {
  prescribes.forEach((choice) => choice.addEventListener("change", showPrescriber));
  showPrescriber();
}

/* The priority follows what is said of the patient before anything is validated; where that fails, the button asks for it. */
const declaring = document.querySelector("[data-eligibility-form]");
if (declaring) {
  const button = declaring.querySelector("button[name=step][value=priority]");
  const shown = document.querySelector("[data-priority]");
  let last = 0;
  const recompute = async () => {
    const turn = ++last;
    const said = new FormData(declaring);
    said.set("step", "priority");
    const answer = await fetch(declaring.getAttribute("action"), { method: "POST", body: said });
    const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
    const box = page.querySelector("[data-priority]");
    if (turn !== last) return;
    button.hidden = box !== null;
    if (box) shown.replaceChildren(...box.childNodes);
  };
  button.hidden = true;
  declaring.addEventListener("change", (event) => {
    if (!["patient_activity", "declared_situations"].includes(event.target.name)) return;
    recompute().catch(() => { button.hidden = false; });
  });
}

/* A key held down, or a second click, never records what nobody read. */
document.addEventListener("keydown", (event) => {
  if (event.repeat && event.key === "Enter") event.preventDefault();
});
for (const once of document.querySelectorAll("form[data-once]")) {
  once.addEventListener("submit", (event) => {
    if (once.dataset.sent) event.preventDefault();
    once.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const once of document.querySelectorAll("form[data-once]")) delete once.dataset.sent;
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/* Refusals are read first; otherwise the keyboard starts where the page says (lists that complete move their field). The patient and
   what is proposed stay in view: a key never confirms what was scrolled away. On a narrow screen there is no key to wait for. */
const bar = document.querySelector(".allant-patient");
const start = document.getElementById("refus") ?? document.querySelector("[autofocus]");
if (bar && start) {
  start.focus({ preventScroll: true });
  const top = bar.parentElement.getBoundingClientRect().top + window.scrollY;
  window.scrollTo({ top, behavior: "instant" });
  if (start.getBoundingClientRect().bottom > window.innerHeight) {
    if (start.matches("button, a")) start.blur();
    else start.scrollIntoView({ block: "center", behavior: "instant" });
  }
}
