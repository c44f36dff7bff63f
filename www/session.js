// The one replica that the page works with: opening it, remembering which, closing it.
// The token stays in this object; what is remembered is the server and the copy's name.

import { thePackage } from "./replica.js";

const REMEMBERED = "fhir-pull explorer";

/** Tells of `open`, `close`, and of `status` whenever that was asked for anew. */
export class Session extends EventTarget {
  /** The open replica, if any. */
  replica;
  /** What it said of itself last. */
  status;
  #network;
  #token = "";

  /** @param {import("./network.js").Network} network */
  constructor(network) {
    super();
    this.#network = network;
  }

  /** The server and name of the copy that was open last. */
  remembered() {
    try {
      const { server, name } = JSON.parse(localStorage.getItem(REMEMBERED));
      return typeof server === "string" && typeof name === "string" ? { server, name } : undefined;
    } catch {
      // Nothing remembered, something else's, or no storage at all: as if it were the first visit.
      return undefined;
    }
  }

  /** Opens the copy of a server, without asking the server anything. */
  async open({ server, name, token = "" }) {
    const { openReplica } = await thePackage();
    await this.close();
    const replica = await openReplica({ server, name, token: () => token || undefined, fetch: this.#network.fetch });
    this.replica = replica;
    this.status = await replica.status();
    this.#token = token;
    localStorage.setItem(REMEMBERED, JSON.stringify({ server, name }));
    this.dispatchEvent(new Event("open"));
    this.dispatchEvent(new Event("status"));
  }

  /** What the server says of itself: its CapabilityStatement. */
  async capabilities() {
    const { openClient } = await thePackage();
    const token = this.#token;
    const client = await openClient({
      server: this.replica.server,
      token: () => token || undefined,
      fetch: this.#network.fetch,
    });
    try {
      return await client.capabilities();
    } finally {
      await client.close();
    }
  }

  /** Asks the replica anew what it holds. */
  async refresh() {
    const { replica } = this;
    const status = await replica?.status();
    if (status === undefined || replica !== this.replica) return;
    this.status = status;
    this.dispatchEvent(new Event("status"));
  }

  /** Removes all that is stored and forgets the server. */
  async wipe() {
    const removed = await this.replica.wipe();
    localStorage.removeItem(REMEMBERED);
    this.replica = undefined;
    this.#token = "";
    this.dispatchEvent(new Event("close"));
    return removed;
  }

  /** Ends the use of the present copy. What it stored stays. */
  async close() {
    const { replica } = this;
    if (!replica) return;
    this.replica = undefined;
    this.#token = "";
    this.dispatchEvent(new Event("close"));
    await replica.close();
  }
}
