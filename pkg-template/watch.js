// A watched query: asked again after settled commits that may change its answer, one question at a
// time, the last change never missed. Keeps L7: silent while a feed's first pull goes on that may
// bring what the query asks for.

import { parse, same } from "./bytes.js";
import { FhirPullError } from "./errors.js";

export class Watch {
  #query;
  #type;
  #ask;
  #callback;
  #onError;
  #last;
  #running = false;
  #again = false;
  #ended = false;
  /** Nothing was told yet, or the last try was in vain: any settled commit is worth another. */
  #owing = true;

  /**
   * @param {string} query
   * @param {{ status(): Promise<object>, search(query: string): Promise<Uint8Array> }} ask
   * @param {(bundle: object) => void} callback
   * @param {(error: FhirPullError) => void} [onError]
   */
  constructor(query, ask, callback, onError = surface) {
    this.#query = query;
    this.#type = typeAlone(query);
    this.#ask = ask;
    this.#callback = callback;
    this.#onError = onError;
    this.#run();
  }

  /** A settled commit was made, here or in another tab. */
  committed(types) {
    if (this.#owing || this.#type === undefined || types.includes(this.#type)) this.#run();
    // A question under way may yet turn out to be in vain.
    else if (this.#running) this.#again = true;
  }

  failed(error) {
    if (!this.#ended) guarded(this.#onError, FhirPullError.from(error));
  }

  end() {
    this.#ended = true;
  }

  async #run() {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#again && !this.#ended) {
      this.#again = false;
      await this.#once();
    }
    this.#running = false;
  }

  async #once() {
    this.#owing = true;
    try {
      if (await this.#inFirstPull()) return;
      const bytes = await this.#ask.search(this.#query);
      // A new feed may have begun to arrive between the two.
      if (await this.#inFirstPull()) return;
      this.#owing = false;
      if (this.#ended || same(this.#last, bytes)) return;
      this.#last = bytes;
      guarded(this.#callback, parse(bytes));
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  async #inFirstPull() {
    const { feeds } = await this.#ask.status();
    return feeds.some(({ feed, complete }) => !complete && this.#mayBring(feed));
  }

  #mayBring(feed) {
    const type = typeAlone(feed);
    return type === undefined || this.#type === undefined || type === this.#type;
  }
}

/**
 * The only type that a query's answer or a feed depends on, or `undefined` where other types have a
 * say: a chain, `_has`, an include, a list, a value set, a compartment, a query of the whole server.
 */
export function typeAlone(text) {
  const [path, query = ""] = text.split("?", 2);
  const [type, , third] = path.split("/");
  const isType = /^[A-Z][A-Za-z]*$/.test(type) && (third === undefined || third === "_history");
  const alone = [...new URLSearchParams(query).keys()].every(
    (name) => !/^(_has|_include|_revinclude|_list)\b|\.|:(in|not-in|above|below)$/.test(name),
  );
  return isType && alone && !/[$, ]/.test(path) ? type : undefined;
}

/** Calls what the application gave; what it throws is the application's, not ours. */
export function guarded(callback, value) {
  try {
    callback(value);
  } catch (thrown) {
    surface(thrown);
  }
}

function surface(error) {
  if (typeof reportError === "function") reportError(error);
  else queueMicrotask(() => { throw error; });
}
