// What the demo server holds: every version of every resource in the order in which it was
// written, and for each resource the way to its versions. Times never go backwards, so the newest
// version is always the last. Nothing is ever taken out again.

import { stamped } from "./stamp.mjs";

/**
 * @typedef {object} Version
 * @property {number} sequence Its place in the log.
 * @property {string} type
 * @property {string} id
 * @property {string} versionId
 * @property {string} lastUpdated An instant with milliseconds, UTC.
 * @property {"POST" | "PUT" | "DELETE"} method What wrote it.
 * @property {boolean} first Whether nothing lived under this id before it.
 * @property {string} [json] The resource; none for a deletion.
 */

export class Log {
  /** @type {Version[]} */
  #versions = [];
  /** @type {Map<string, Map<string, Version[]>>} by type and id, oldest version first */
  #resources = new Map();
  /** @type {Map<string, string[]>} by type: ids in the order in which they first came */
  #ids = new Map();
  #time = 0;

  /** How many versions there are; also the sequence of the next one. */
  get length() {
    return this.#versions.length;
  }

  /** @returns {Version} */
  at(sequence) {
    return this.#versions[sequence];
  }

  /** The types that the log knows, in alphabetical order. */
  types() {
    return [...this.#ids.keys()].sort();
  }

  /** The ids of a type, deleted ones too. A place in this list is never given to another id. */
  ids(type) {
    return this.#ids.get(type) ?? [];
  }

  /** All versions of one resource, oldest first; empty if it never was. */
  versions(type, id) {
    return this.#resources.get(type)?.get(id) ?? [];
  }

  /** The newest version, which may be a deletion. */
  current(type, id) {
    return this.versions(type, id).at(-1);
  }

  /**
   * Writes a new version of a resource.
   * @param {string} type
   * @param {string} id
   * @param {string} text The resource's JSON. Its id and its meta.versionId and lastUpdated are set here.
   * @param {{ method?: "POST" | "PUT", time?: number }} [how] `time`: milliseconds; default now.
   */
  put(type, id, text, { method = "PUT", time } = {}) {
    const version = this.#next(type, id, method, time);
    version.json = stamped(text, version);
    return this.#append(version);
  }

  /** Writes the deletion of a resource, if there is one to delete. */
  delete(type, id) {
    if (!this.current(type, id)?.json) return undefined;
    return this.#append(this.#next(type, id, "DELETE"));
  }

  /** The server's time: never earlier than the newest version's. */
  now() {
    return Math.max(Date.now(), this.#time);
  }

  #next(type, id, method, time = this.now()) {
    const versions = this.versions(type, id);
    if (time > this.#time) this.#time = time;
    return {
      sequence: this.#versions.length,
      type,
      id,
      versionId: String(versions.length + 1),
      lastUpdated: new Date(this.#time).toISOString(),
      method,
      first: versions.at(-1)?.json === undefined,
    };
  }

  #append(version) {
    const { type, id } = version;
    if (!this.#resources.has(type)) {
      this.#resources.set(type, new Map());
      this.#ids.set(type, []);
    }
    const resources = this.#resources.get(type);
    if (resources.has(id)) {
      resources.get(id).push(version);
    } else {
      resources.set(id, [version]);
      this.#ids.get(type).push(id);
    }
    this.#versions.push(version);
    return version;
  }
}
