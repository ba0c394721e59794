/* A text field that proposes a list as one types: the ARIA combobox with a list of options. Without this script it is a plain field.

   <input data-combobox-url="/…"                       where to ask: `?q=` is added; the answer is {"results": [option]}
          data-combobox-min="2"                        characters before the first question (2 when absent)
          data-combobox-with="kind:place_kind"         other parameters, `parameter:field of the form`, separated by spaces
          data-combobox-empty="Aucun lieu de ce nom">  what to say when nothing matches

   An option is a text, or {"label", "value", "fill": {field: value}}: `value` goes to the field, `fill` to other fields of the form.
   Typing again empties the hidden fields that the last choice filled. On a choice the field fires `combobox:chosen` (bubbles).
   Keys: ↓ ↑ move, Enter or Tab choose, Escape closes. Enter with nothing marked sends the form as usual. */

const WAIT = 120; // milliseconds of silence before asking

class Combobox {
  constructor(input, rank) {
    this.input = input;
    this.options = [];
    this.marked = -1;
    this.filled = [];
    this.timer = 0;
    this.asked = null;
    this.box = document.createElement("ul");
    this.box.id = `${input.id || `combobox-${rank}`}-options`;
    this.box.className = "allant-options";
    this.box.setAttribute("role", "listbox");
    this.box.setAttribute("aria-label", "Propositions");
    this.box.hidden = true;
    this.status = document.createElement("p");
    this.status.className = "fr-sr-only";
    this.status.setAttribute("role", "status");
    const frame = document.createElement("div");
    frame.className = "allant-combobox";
    input.after(frame);
    frame.append(input, this.box, this.status);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.box.id, autocomplete: "off",
    })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => this.close());
    // A press on an option must not take the focus away before the click counts.
    this.box.addEventListener("mousedown", (event) => event.preventDefault());
    this.box.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.rank));
    });
    // Who typed before this script was there has their list too.
    if (document.activeElement === input && input.value !== input.defaultValue) this.typed();
  }

  typed() {
    for (const field of this.filled) if (field.type === "hidden") field.value = "";
    this.filled = [];
    clearTimeout(this.timer);
    this.asked?.abort();
    const text = this.input.value.trim();
    if (text.length < Number(this.input.dataset.comboboxMin ?? 2)) return this.close();
    this.timer = setTimeout(() => this.ask(text), WAIT);
  }

  async ask(text) {
    const address = new URL(this.input.dataset.comboboxUrl, location.href);
    address.searchParams.set("q", text);
    for (const pair of (this.input.dataset.comboboxWith ?? "").split(/\s+/).filter(Boolean)) {
      const [parameter, field] = pair.split(":");
      address.searchParams.set(parameter, this.input.form?.elements[field]?.value ?? "");
    }
    this.asked = new AbortController();
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: this.asked.signal });
      if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
      const { results } = await answer.json();
      if (this.input.value.trim() === text && document.activeElement === this.input) this.show(results);
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // the field stays usable without its list
    }
  }

  show(results) {
    this.options = results.map((one) => (typeof one === "string" ? { label: one, value: one, fill: {} } : one));
    this.box.replaceChildren(...this.options.map((option, rank) => {
      const line = document.createElement("li");
      line.id = `${this.box.id}-${rank}`;
      line.dataset.rank = rank;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      line.textContent = option.label;
      return line;
    }));
    this.marked = -1;
    this.input.removeAttribute("aria-activedescendant");
    const count = this.options.length;
    this.box.hidden = count === 0;
    this.input.setAttribute("aria-expanded", String(count > 0));
    const none = this.input.dataset.comboboxEmpty ?? "Aucune proposition.";
    this.status.textContent = count ? `${count} proposition${count > 1 ? "s" : ""}, flèche bas pour parcourir.` : none;
  }

  pressed(event) {
    if (this.box.hidden) return;
    const last = this.options.length - 1;
    if (event.key === "ArrowDown") this.mark(this.marked === last ? 0 : this.marked + 1);
    else if (event.key === "ArrowUp") this.mark(this.marked <= 0 ? last : this.marked - 1);
    else if (event.key === "Enter" && this.marked >= 0) this.choose(this.marked);
    else if (event.key === "Tab" && this.marked >= 0) return this.choose(this.marked); // and the focus moves on
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  mark(rank) {
    this.marked = rank;
    for (const [at, line] of [...this.box.children].entries()) line.setAttribute("aria-selected", String(at === rank));
    const line = this.box.children[rank];
    this.input.setAttribute("aria-activedescendant", line.id);
    line.scrollIntoView({ block: "nearest" });
  }

  choose(rank) {
    const option = this.options[rank];
    this.input.value = option.value ?? option.label;
    this.filled = [];
    for (const [name, value] of Object.entries(option.fill ?? {})) {
      const field = this.input.form?.elements[name];
      if (!field || field === this.input) continue;
      field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      this.filled.push(field);
    }
    this.close();
    this.input.dispatchEvent(new CustomEvent("combobox:chosen", { bubbles: true, detail: option }));
  }

  close() {
    clearTimeout(this.timer);
    this.box.hidden = true;
    this.marked = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

document.querySelectorAll("input[data-combobox-url]").forEach((input, rank) => new Combobox(input, rank));
