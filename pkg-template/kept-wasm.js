// The WebAssembly where a service worker finds it with no network: in Cache Storage, under the build that it belongs to.
// The browser keeps the worker's scripts by itself, and nothing else.

const CACHES = "fhir-pull/wasm/";

export class KeptWasm {
  #address;
  #cache;

  /**
   * @param {() => string | URL} address
   * @param {string} build names the build: another one's WebAssembly does not fit this one's JavaScript
   */
  constructor(address, build) {
    this.#address = address;
    this.#cache = CACHES + build;
  }

  /** From the cache, else from the network and then kept. */
  async response() {
    const address = String(this.#address());
    const cache = await caches.open(this.#cache);
    const kept = await cache.match(address, { ignoreVary: true });
    if (kept) return kept;
    // The HTTP cache may have that of the build before.
    const fresh = await fetch(address, { cache: "no-cache" });
    if (!fresh.ok) throw new TypeError(`The WebAssembly was not found at its address (${fresh.status}).`);
    await cache.put(address, fresh.clone());
    return fresh;
  }

  /** Removes what earlier builds kept. */
  async tidy() {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(CACHES) && name !== this.#cache);
    await Promise.all(old.map((name) => caches.delete(name)));
  }

  /** What is kept does not fit, or is broken: the next time it is fetched anew. */
  async drop() {
    await caches.delete(this.#cache);
  }
}
