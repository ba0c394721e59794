// Asks again where the plan stands, every three seconds: only the status is put in place, so that a reader keeps their place.
"use strict";

const AFTER = 3000;

async function again() {
  const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
  if (answer.redirected) {
    location.replace(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("avancement");
  const shown = document.getElementById("avancement");
  if (!now || !shown) {
    location.reload();
    return;
  }
  shown.replaceChildren(...now.children);
  setTimeout(() => again().catch(() => {}), AFTER);
}

setTimeout(() => again().catch(() => {}), AFTER);
