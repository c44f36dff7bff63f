// What a service worker must still know when the browser has stopped and started it: who the page said uses the
// application, and whose a replica is. Short texts in Cache Storage; never a token, never a resource.

const CACHE = "fhir-pull/notes";

const addressOf = (name) => `https://notes.invalid/${encodeURIComponent(name)}`;

/** @returns {Promise<string | undefined>} */
export async function noted(name) {
  const found = await (await caches.open(CACHE)).match(addressOf(name));
  return found?.text();
}

/** Nothing takes the note away. */
export async function note(name, text) {
  const cache = await caches.open(CACHE);
  if (text === undefined) await cache.delete(addressOf(name));
  else await cache.put(addressOf(name), new Response(text));
}

/** A text that tells nothing of what it stands for. */
export async function digestOf(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`fhir-pull/${text}`));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
