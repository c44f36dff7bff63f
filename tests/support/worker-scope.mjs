// A service worker's global scope as far as the package needs it, a replica that says what a test wants, and a network
// that a test can cut.

const stored = new Map();

/** Cache Storage, of texts. */
globalThis.caches = {
  async open(name) {
    if (!stored.has(name)) stored.set(name, new Map());
    const cache = stored.get(name);
    return {
      match: async (address) => cache.has(address) ? new Response(cache.get(address)) : undefined,
      put: async (address, response) => void cache.set(address, await response.text()),
      delete: async (address) => cache.delete(address),
    };
  },
};

/** All that was ever put there, as one text. */
export const allStored = () => JSON.stringify([...stored].map(([name, cache]) => [name, [...cache]]));

export class Scope {
  #listeners = new Map();

  addEventListener(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  /** Lets an event happen; its answer, if it has one, once all that it waits for has ended. */
  async happens(name, event) {
    const waits = [];
    let answered;
    const whole = { ...event, respondWith: (answer) => (answered = answer), waitUntil: (promise) => waits.push(promise) };
    for (const listener of this.#listeners.get(name) ?? []) listener(whole);
    try {
      return await answered;
    } finally {
      for (const wait of waits) await wait;
    }
  }

  /** A request of the application; nothing where the worker leaves it alone. */
  fetch(address, { destination = "", ...init } = {}) {
    const request = new Request(address, init);
    // A constructor can't set these.
    Object.defineProperty(request, "destination", { value: destination });
    return this.happens("fetch", { request });
  }

  /** A message of a page, and its answer. */
  async tell(data) {
    let said;
    await this.happens("message", { data, ports: [{ postMessage: (answer) => (said = answer) }] });
    return said;
  }
}

/** Replicas by name, and all that was done with them. */
export class Replicas {
  /** What is held, by reference or search; and which searches are covered, as of when. */
  held = new Map();
  covered = new Map();
  log = [];
  generation = 1;

  open = async (options) => {
    this.log.push(["open", options.name]);
    const replica = {
      closed: false,
      covers: async (what) => this.covered.has(what) ? { asOf: this.covered.get(what) } : undefined,
      serve: async (request, { base }) => {
        const { pathname, search } = new URL(request.url);
        const place = (new URL(base).origin + pathname).slice(base.length + 1) + search;
        this.log.push(["serve", request.method, place, request.headers.get("prefer"), await request.text()]);
        const held = this.held.get(place);
        return new Response(JSON.stringify(held?.body ?? {}), { status: held?.status ?? 404 });
      },
      import: async (bundle) => void this.log.push(["import", bundle]),
      pull: async (feeds) => {
        this.log.push(["pull", feeds, await options.token?.({ refresh: false })]);
        await this.pulling?.();
      },
      status: async () => ({ generation: this.generation }),
      wipe: async () => {
        this.log.push(["wipe", options.name]);
        replica.closed = true;
      },
      close: async () => {
        replica.closed = true;
      },
    };
    return replica;
  };

  did(what) {
    return this.log.filter(([name]) => name === what);
  }
}
