/* What must outlive the page, kept on this machine in a form that only the account can read back.

   The key comes with the page, made by the server for one account and one session; it is never stored. Without a secure
   connection browsers offer no cipher: then nothing is stored, and `kept` is false. */

const PREFIX = "allant:seance:";
const OLDEST = 7 * 24 * 3600 * 1000; // milliseconds: what nobody came back for

const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

export class Vault {
  constructor(name, key) {
    this.name = PREFIX + name;
    this.kept = Boolean(globalThis.crypto?.subtle);
    this.key = this.kept
      ? crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"])
      : Promise.resolve(null);
    this.last = Promise.resolve();
    Vault.forgetOld();
  }

  /* Keep `value`, in the order of the calls; an empty list leaves nothing behind. */
  save(value) {
    if (!this.kept) return;
    const plain = new TextEncoder().encode(JSON.stringify(value));
    this.last = this.last.then(() => this.write(plain, value.length === 0)).catch(() => { this.kept = false; });
  }

  async write(plain, nothing) {
    if (nothing) return localStorage.removeItem(this.name);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const secret = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.key, plain);
    localStorage.setItem(this.name, JSON.stringify({ at: Date.now(), iv: text(iv), secret: text(secret) }));
  }

  async load() {
    try {
      const { iv, secret } = JSON.parse(localStorage.getItem(this.name));
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv) }, await this.key, bytes(secret));
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      return []; // nothing kept, or by another account
    }
  }

  static forgetOld() {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(PREFIX))) {
      try {
        if (Date.now() - JSON.parse(localStorage.getItem(name)).at > OLDEST) localStorage.removeItem(name);
      } catch {
        localStorage.removeItem(name);
      }
    }
  }

  /* At once, whatever was about to be kept. */
  forget() {
    this.kept = false;
    this.last = this.last.finally(() => localStorage.removeItem(this.name));
    localStorage.removeItem(this.name);
  }
}
