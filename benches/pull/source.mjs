/**
 * FHIR servers that cost nothing but their latency: every page of their histories and searches is
 * made before it is asked for. They count what they are asked, and their clock is the bench's.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { BASE, EPOCH, STEP, bundle, stamped } from "../bundles.mjs";
import { lines } from "../ingest/set.mjs";

const HOUR = 3_600_000;

/**
 * @typedef {{ type: string, reference: string, time: number, text: string }} Version
 *
 * @param {{ root: string, limit: number, log: (sentence: string) => void }} options How many at most, each type in its share.
 * @returns {Promise<Version[]>} The resources, newest first, with what a server adds to them.
 */
export async function versions({ root, limit, log }) {
  const byType = await lines({ root, limit, log });
  const held = [...byType.values()].reduce((sum, of) => sum + of.length, 0);
  const share = Math.min(1, limit / held);
  const all = [];
  for (const [type, of] of byType) {
    for (const line of of.slice(0, Math.ceil(of.length * share))) {
      const time = EPOCH + all.length * STEP;
      const text = stamped(line, time);
      all.push({ type, reference: `${type}/${JSON.parse(text).id}`, time, text });
    }
  }
  return all.reverse();
}

/** A server of paged histories, of all and of each type, and of paged searches for each type. */
export class Source {
  #latency;
  /** By the path of a chain: what is on it, and its pages. */
  #chains = new Map();
  #now;
  types;
  /** Since the last `begin`; `unknown` are the requests that it had no answer to. */
  asked;

  /**
   * @param {Version[]} all
   * @param {{ page: number, latency: number }} options How many resources are on a page; milliseconds before each answer.
   */
  constructor(all, { page, latency }) {
    this.#latency = latency;
    this.#now = EPOCH + all.length * STEP;
    this.types = [...new Set(all.map(({ type }) => type))];
    this.#add("history", "_history", all, page);
    for (const type of this.types) {
      const of = all.filter((version) => version.type === type);
      this.#add("history", `${type}/_history`, of, page);
      this.#add("searchset", type, [...of].reverse(), page);
    }
    this.begin();
  }

  /** The bytes of the pages of a chain. */
  bytesOf(path) {
    return this.#chains.get(path).pages.reduce((sum, { length }) => sum + length, 0);
  }

  pagesOf(path) {
    return this.#chains.get(path).pages.length;
  }

  /** Counts from here on. */
  begin() {
    this.asked = { requests: 0, bytes: 0, unknown: [] };
  }

  /** In which nothing happens. */
  anHourPasses() {
    this.#now += HOUR;
  }

  /** @param {URL} url @returns {Promise<Buffer | undefined>} See serve.mjs. */
  async answer(url) {
    this.asked.requests += 1;
    const body = this.#at(url);
    await sleep(this.#latency);
    if (body === undefined) this.asked.unknown.push(url.pathname + url.search);
    this.asked.bytes += body?.length ?? 0;
    return body;
  }

  #at({ pathname, searchParams }) {
    const path = pathname.slice("/fhir/".length);
    if (path === "metadata") return capabilities(this.types);
    const chain = this.#chains.get(path);
    const since = Date.parse(searchParams.get("_since") ?? searchParams.get("_lastUpdated")?.replace(/^ge/, ""));
    if (!chain || !(since >= EPOCH)) return chain?.pages[Number(searchParams.get("_page") ?? 0)];
    return this.#page(chain.kind, path, chain.all.filter(({ time }) => time >= since));
  }

  #add(kind, path, all, size) {
    const pages = [];
    for (let from = 0; from < all.length; from += size) {
      const next = from + size < all.length ? `${BASE}/${path}?_page=${pages.length + 1}` : undefined;
      pages.push(this.#page(kind, path, all.slice(from, from + size), { next, total: all.length }));
    }
    this.#chains.set(path, { kind, all, pages });
  }

  #page(kind, path, entries, { next, total = entries.length } = {}) {
    return bundle({ kind, url: `${BASE}/${path}`, next, total, time: this.#now, entries });
  }
}

/**
 * A history of the server that is one page of so many bytes: the resources again and again, under new ids.
 *
 * @param {Version[]} all
 * @returns {{ answer: (url: URL) => Buffer | undefined, resources: number, bytes: number }}
 */
export function onOnePage(all, bytes) {
  const made = (entries) => {
    return bundle({ kind: "history", url: `${BASE}/_history`, total: entries.length, time: EPOCH + all.length * STEP, entries });
  };
  const empty = made([]).length;
  const entries = [];
  for (let held = empty; held < bytes; held += made(entries.slice(-1)).length - empty) {
    const { type, reference, text } = all[entries.length % all.length];
    const id = String(entries.length);
    entries.push({ reference: `${type}/${id}`, text: text.replace(`"id":"${reference.slice(type.length + 1)}"`, `"id":"${id}"`) });
  }
  const body = made(entries);
  const known = { "/fhir/metadata": capabilities([...new Set(all.map(({ type }) => type))]), "/fhir/_history": body };
  return { answer: ({ pathname }) => known[pathname], resources: entries.length, bytes: body.length };
}

function capabilities(types) {
  const interaction = ["read", "search-type", "history-type"].map((code) => ({ code }));
  const resource = types.map((type) => ({ type, interaction, searchParam: [{ name: "_lastUpdated", type: "date" }] }));
  const rest = [{ mode: "server", resource, interaction: [{ code: "history-system" }] }];
  return Buffer.from(JSON.stringify({ resourceType: "CapabilityStatement", fhirVersion: "4.0.1", rest }));
}
