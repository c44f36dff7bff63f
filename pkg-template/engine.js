// The engine in this thread: a table of calls onto the objects that WebAssembly exports.
// docs/engine-contract.md says what those are. remote.js offers the same `call` over a Worker.

import { Stop, reasonOf } from "./calls.js";
import { FhirPullError, aborted, badInput } from "./errors.js";

/** One replica or one client, and what is read of it page by page, by handle. */
export class Engine {
  #load;
  #host;
  #objects = new Map();
  #last = 0;
  /** Why there is nothing more to be had, once there is not. */
  #ended;
  /** What stops each call under way. */
  #running = new Set();

  /**
   * @param {() => Promise<object>} load the exports of the initialised wasm module
   * @param {{ fetch?: Function, token?: Function }} host
   */
  constructor(load, host) {
    this.#load = load;
    this.#host = host;
  }

  /**
   * @param {string} name a name of the table below
   * @param {unknown[]} args
   * @param {{ signal?: AbortSignal, stop?: Stop, on?: (event: string, value: unknown) => void, toItsEnd?: boolean,
   *   next?: () => Promise<Uint8Array | undefined> }} [context]
   *   `on` may be called after an abort: what came is still stored. `toItsEnd` waits for that, too.
   *   `next` gives what the call takes piece by piece.
   * @returns {Promise<unknown>}
   */
  async call(name, args, { signal, stop = new Stop(), on = () => {}, toItsEnd = false, next } = {}) {
    if (signal?.aborted) throw reasonOf(signal);
    if (this.#ended) throw badInput("This was closed before. Open it again.");
    const abort = () => stop.abort(reasonOf(signal));
    signal?.addEventListener("abort", abort, { once: true });
    this.#running.add(stop);
    try {
      const work = this.#run(name, args, { stop, on, next });
      return await (toItsEnd ? work : stop.before(work));
    } finally {
      this.#running.delete(stop);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Stops every call and closes whatever is open, also what opens only now. */
  end() {
    this.#ended ??= aborted(undefined, "It was closed while the call was under way.");
    for (const stop of this.#running) stop.abort(this.#ended);
    for (const object of this.#objects.values()) object.close?.();
    this.#objects.clear();
  }

  async #run(name, args, context) {
    try {
      return await this.#table[name](await this.#load(), context, ...args);
    } catch (thrown) {
      throw FhirPullError.from(thrown);
    }
  }

  #keep(object) {
    if (this.#ended) {
      object.close?.();
      throw this.#ended;
    }
    this.#last += 1;
    this.#objects.set(this.#last, object);
    return this.#last;
  }

  #object(handle) {
    const object = this.#objects.get(handle);
    if (!object) throw badInput("This was closed before. Open it again.");
    return object;
  }

  /** The pages outlive the call that began them, so they have a signal of their own. */
  #begin(start) {
    const controller = new AbortController();
    const pages = start(controller.signal);
    return this.#keep({ pages, controller, close: () => controller.abort() });
  }

  #table = {
    openReplica: async (wasm, _, options) => this.#keep(await wasm.Replica.open(options, this.#host)),
    pull: (_, { stop, on }, replica, feeds) =>
      this.#object(replica).pull(
        feeds,
        (progress) => on("progress", progress),
        (commit) => on("commit", commit),
        stop.signal,
      ),
    search: (_, __, replica, query, lenient) => this.#object(replica).search(query, lenient),
    verify: (_, { stop, on }, replica, feeds, repair) =>
      this.#object(replica).verify(
        feeds,
        repair,
        (progress) => on("progress", progress),
        (commit) => on("commit", commit),
        stop.signal,
      ),
    forget: (_, { stop, on }, replica, feed) =>
      this.#object(replica).forget([feed], (commit) => on("commit", commit), stop.signal),
    cloneFrom: (_, { stop, on }, replica, url, token, replace) =>
      this.#object(replica).cloneFrom(
        url,
        token,
        replace,
        (progress) => on("progress", progress),
        (commit) => on("commit", commit),
        stop.signal,
      ),
    ask: (_, { stop, on }, replica, what, once) =>
      this.#object(replica).ask(what, once, (commit) => on("commit", commit), stop.signal),
    covered: (_, __, replica, what) => this.#object(replica).covered(what),
    explainFeeds: (_, __, replica) => this.#object(replica).explainFeeds(),
    explain: (_, __, replica, query, lenient) => this.#object(replica).explain(query, lenient),
    import: (_, { stop, on, next }, replica) =>
      this.#object(replica).import(
        () => stop.before(next()),
        (progress) => on("progress", progress),
        (commit) => on("commit", commit),
        stop.signal,
      ),
    changes: (_, __, replica, since) => this.#begin(() => this.#object(replica).changes(since)),
    export: (_, __, replica) => this.#begin(() => this.#object(replica).export()),
    read: (_, __, replica, reference, at) => this.#object(replica).read(reference, at),
    history: (_, __, replica, reference) => this.#object(replica).history(reference),
    serve: (_, __, replica, ...request) => this.#object(replica).serve(...request),
    tidy: (_, { stop }, replica) => this.#object(replica).tidy(stop.signal),
    status: (_, __, replica) => this.#object(replica).status(),
    refresh: (_, __, replica) => this.#object(replica).refresh(),
    wipe: (_, __, replica) => this.#object(replica).wipe(),
    remove: (wasm, _, database) => wasm.Replica.remove(database),

    openClient: (wasm, _, options) => this.#keep(new wasm.Client(options, this.#host)),
    capabilities: (_, { stop }, client) => this.#object(client).capabilities(stop.signal),
    clientRead: (_, { stop }, client, reference, version, since) =>
      this.#object(client).read(reference, version, since, stop.signal),
    clientVread: (_, { stop }, client, reference) => this.#object(client).vread(reference, stop.signal),
    batch: (_, { stop }, client, references, versions) => this.#object(client).batch(references, versions, stop.signal),
    operation: (_, { stop }, client, path, input) => this.#object(client).operation(path, input, stop.signal),
    clientSearch: (_, __, client, query, byPost, handling) =>
      this.#begin((signal) => this.#object(client).search(query, byPost, handling, signal)),
    clientHistory: (_, __, client, of, since) =>
      this.#begin((signal) => this.#object(client).history(of, since, signal)),
    pagesNext: (_, { stop }, handle) => {
      const { pages, controller } = this.#object(handle);
      stop.signal.addEventListener("abort", () => controller.abort(), { once: true });
      return pages.next();
    },

    close: (_, __, handle) => {
      this.#objects.get(handle)?.close?.();
      this.#objects.delete(handle);
    },
  };
}
