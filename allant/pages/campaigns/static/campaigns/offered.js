// Suggestions of the browser's own, asked for as one types: a list too long to be sent whole (communes).
// Without this script what is typed is understood all the same.
const WAIT = 150; // milliseconds of silence before asking

for (const list of document.querySelectorAll("datalist[data-asked-at]")) {
  let timer = 0;
  let asked = null;

  const ask = async (text) => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`${list.dataset.askedAt}?q=${encodeURIComponent(text)}`, { signal: asked.signal });
      if (!answer.ok) return;
      const { results } = await answer.json();
      list.replaceChildren(...results.map((value) => Object.assign(document.createElement("option"), { value })));
    } catch (error) {
      if (error.name !== "AbortError") list.replaceChildren();
    }
  };

  for (const input of document.querySelectorAll(`input[list="${list.id}"]`)) {
    input.addEventListener("input", () => {
      clearTimeout(timer);
      const text = input.value.trim();
      if (text.length > 1 && !text.endsWith(")")) timer = setTimeout(ask, WAIT, text);
    });
  }
}
