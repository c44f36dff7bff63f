// The package as tests use it, with the same calls whether it runs in this Node or in a real Chromium.

import { drive } from "./replica-driver.js";
import { PACKAGE, packageEntry } from "./package-entry.mjs";

/** A rejection of the package, seen from here. */
export class Rejection extends Error {
  constructor({ name, message, code, status, retryable, ours, stack }) {
    super(`${name} "${code}": ${message}`);
    this.sentence = message;
    this.code = code;
    this.status = status;
    this.retryable = retryable;
    /** Whether it was an instance of FhirPullError. */
    this.ours = ours;
    this.inside = stack;
  }
}

/** @typedef {{ platform: string, call: (call: string, parameters: object) => Promise<any> }} Subject */

/** @returns {Subject} */
export function inNode() {
  const address = new URL(packageEntry(["node", "import"]), PACKAGE).href;
  return subject("Node, memory", (call, parameters) => drive(address, call, parameters));
}

/**
 * @param {import("playwright-core").Page} page Showing a page of `pageServer`.
 * @returns {Subject}
 */
export function inChromium(page) {
  return inPage("Chromium, IndexedDB", page);
}

/**
 * @param {{ evaluate: Function }} page Of scripts/firefox.mjs, showing a page of `pageServer`.
 * @returns {Subject}
 */
export function inFirefox(page) {
  return inPage("Firefox, IndexedDB", page);
}

function inPage(platform, page) {
  const address = `/pkg/${packageEntry(["browser", "import"])}`;
  return subject(platform, (call, parameters) =>
    page.evaluate(
      async (one) => (await import("/support/replica-driver.js")).drive(...one),
      [address, call, parameters],
    ),
  );
}

function subject(platform, driven) {
  return {
    platform,
    async call(call, parameters) {
      const { value, rejection } = await driven(call, parameters);
      if (rejection) throw new Rejection(rejection);
      return value;
    },
  };
}

/** One replica of a subject. */
export class Replica {
  #subject;
  #name;

  /**
   * @param {Subject} subject
   * @param {{ name: string, server: string, token?: string, encrypt?: true | string }} options `encrypt`: true, or
   *   the text that an application makes its key of
   */
  static async open(subject, { name, server, token, encrypt }) {
    const store = subject.platform.includes("memory") ? "memory" : "indexeddb";
    await subject.call("open", { name, server, store, token, encrypt });
    const replica = new Replica();
    replica.#subject = subject;
    replica.#name = name;
    return replica;
  }

  /** Every call of replica-driver.js on this replica. */
  #call(call, parameters) {
    return this.#subject.call(call, { name: this.#name, ...parameters });
  }

  pull(feeds) {
    return this.#call("pull", { feeds });
  }
  keepFresh(feeds, every) {
    return this.#call("keepFresh", { feeds, every });
  }
  fresh() {
    return this.#call("fresh");
  }
  stopFresh() {
    return this.#call("stopFresh");
  }
  pagesSoFar() {
    return this.#call("pagesSoFar");
  }
  statesSoFar() {
    return this.#call("statesSoFar");
  }
  abort() {
    return this.#call("abort");
  }
  search(query) {
    return this.#call("search", { query });
  }
  searchText(query) {
    return this.#call("searchText", { query });
  }
  readAll(references) {
    return this.#call("readAll", { references });
  }
  watch(query) {
    return this.#call("watch", { query });
  }
  watched(query) {
    return this.#call("watched", { query });
  }
  persist() {
    return this.#call("persist");
  }
  status() {
    return this.#call("status");
  }
  wipe() {
    return this.#call("wipe");
  }
  close() {
    return this.#call("close");
  }
}
