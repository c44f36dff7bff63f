/** A repository in Node: the package's own replica in memory, served over FHIR, that hands out its segments. */

import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import path from "node:path";

import { BASE } from "../bundles.mjs";

export class Repository {
  #replica;
  /** Milliseconds before each answer. */
  latency = 0;
  /** Since the last `begin`. */
  asked;

  constructor(replica) {
    this.#replica = replica;
    this.begin();
  }

  /** @param {{ root: string, all: { text: string }[] }} what The project's folder, and the resources. */
  static async of({ root, all }) {
    const { openReplica } = await import(pathToFileURL(path.join(root, "pkg", "node.js")));
    const replica = await openReplica({ name: "repository", server: "https://source.test/fhir", store: "memory" });
    const repository = new Repository(replica);
    await repository.take(all);
    await replica.tidy();
    return repository;
  }

  /** More has come from its source. */
  async take(versions) {
    await this.#replica.import(versions.map(({ text }) => `${text}\n`).join(""));
  }

  /** Counts from here on. */
  begin() {
    this.asked = { requests: 0, bytes: 0 };
  }

  /** @param {URL} url @param {import("node:http").IncomingMessage} request See serve.mjs. */
  async answer(url, request) {
    // The network's; the work of the server comes on top.
    await sleep(this.latency);
    const asked = new Request(BASE + url.pathname.slice("/fhir".length) + url.search, { headers: plain(request.headers) });
    const response = await this.#replica.serve(asked, { base: BASE, segments: true });
    const body = Buffer.from(await response.arrayBuffer());
    this.asked.requests += 1;
    this.asked.bytes += body.length;
    return new Response(body, { status: response.status, headers: response.headers });
  }
}

function plain(headers) {
  return Object.entries(headers).filter(([name]) => ["accept", "prefer", "if-none-match"].includes(name));
}
