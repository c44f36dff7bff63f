// Pulls again and again. Of the tabs that keep the same feeds of one replica fresh, one leads: it holds
// a Web Lock and pulls, the others wait for that lock, and know from it over a BroadcastChannel when the
// last pull was and when the next one is due. Where there are no locks each pulls by itself: the engine
// keeps such pulls apart, or the store's generation decides.

import { FhirPullError, aborted, badInput } from "./errors.js";
import { guarded } from "./watch.js";

/** The first wait after a failure that may pass; it doubles with each further one, and half of it is chance. */
const FIRST_MS = 2_000;
const LONGEST_MS = 300_000;
/** No timer is longer: one that slept along with its laptop is late by no more. */
const LOOK_MS = 30_000;
/** A leader that lets its next pull pass by and has not been heard of for so long is taken to be suspended. */
const SILENCE_MS = 60_000;

/**
 * The lock and channel of those that keep the same feeds of a replica fresh at the same pace. Feeds may name a
 * patient: a digest stands for them (FNV-1a).
 *
 * @param {string} database
 * @param {object[]} feeds
 * @param {number} every
 */
export function groupOf(database, feeds, every) {
  let digest = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(JSON.stringify([feeds, every]))) {
    digest = BigInt.asUintN(64, (digest ^ BigInt(byte)) * 0x100000001b3n);
  }
  return `fhir-pull/${database}/fresh/${digest.toString(16)}`;
}

export class KeepFresh {
  #pull;
  #every;
  #whileHidden;
  #onState;
  /** The name of the lock and of the channel, where the replica is shared. */
  #group;
  #tabs;
  #ended = new AbortController();
  #leads = false;
  /** What ends the waits under way. */
  #waits = new Set();
  /** The pull under way as an AbortController, its end, and the promise of the one to follow it. */
  #pulling;
  #under = Promise.resolve();
  #next;
  #failures = 0;
  #error;
  #lastPull;
  /** The next pull is due `#wait` milliseconds after `#since`, by this device's clock. */
  #since = Date.now();
  #wait = 0;

  /** What an application can show. See FreshState in index.d.ts. */
  state = { state: "following", leader: false };
  /** Resolves when this was stopped and nothing of it is under way any more. */
  ended;

  /**
   * @param {(signal: AbortSignal, onSign: () => void) => Promise<unknown>} pull settles when nothing of it is under
   *   way any more, also after an abort; calls `onSign` as it gets on
   * @param {{ every: number, whileHidden?: boolean, onState?: (state: object) => void, group?: string,
   *   signal?: AbortSignal }} options `group`: the same text in all tabs of which one is to lead
   */
  constructor(pull, { every, whileHidden = true, onState = () => {}, group, signal: stopping }) {
    this.#pull = pull;
    this.#every = every;
    this.#whileHidden = whileHidden;
    this.#onState = onState;
    this.#group = group;
    if (group && typeof BroadcastChannel === "function") this.#listen();
    const { signal } = this.#ended;
    for (const event of ["online", "offline", "pageshow"]) globalThis.addEventListener?.(event, this.#look, { signal });
    for (const event of ["visibilitychange", "resume"]) {
      globalThis.document?.addEventListener(event, this.#look, { signal });
    }
    stopping?.addEventListener("abort", () => this.stop(), { signal });
    this.ended = this.#run();
  }

  /**
   * Pulls now, whichever tab leads; after the pull under way, if there is one, since that may have passed by
   * what the caller knows of. This is for whoever hears that there is something new, such as a Subscription.
   */
  pull() {
    if (this.#ended.signal.aborted) return Promise.reject(badInput("This was stopped. Begin again with keepFresh."));
    this.#next ??= this.#under.then(() => {
      this.#next = undefined;
      const pulled = this.#once();
      this.#under = pulled.catch(() => {});
      return pulled;
    });
    return this.#next;
  }

  /** Stops the pull under way; resolves when nothing is any more. What was pulled stays. */
  stop() {
    this.#ended.abort();
    this.#pulling?.abort();
    this.#look();
    return this.ended;
  }

  async #run() {
    while (!this.#ended.signal.aborted) {
      if (this.#rests()) await this.#waited(LOOK_MS);
      else await this.#inTurn();
    }
    await this.#next?.catch(() => {});
    await this.#under;
    this.#tabs?.close();
    this.#tell();
  }

  /** Leads as soon as this tab may, until it may no more. */
  async #inTurn() {
    const locks = this.#group && globalThis.navigator?.locks;
    if (!locks) return this.#lead();
    const queueing = new AbortController();
    const lost = new AbortController();
    let leading;
    const lead = () => (leading = this.#lead(lost.signal));
    const silent = this.#follow(queueing, lost.signal);
    try {
      await locks.request(this.#group, { signal: queueing.signal }, lead).catch(async (thrown) => {
        if (leading || !queueing.signal.aborted) throw thrown;
        if (await silent) await locks.request(this.#group, { steal: true }, lead);
      });
    } catch {
      // Another tab took the lock since this one seemed to be suspended; or the platform denies locks.
      lost.abort();
      this.#look();
      await (leading ?? this.#lead());
    }
  }

  /** Waits for the lock along with its request, and withdraws that; whether it is to be taken from a silent leader. */
  async #follow(queueing, lost) {
    for (;;) {
      if (this.#leads || lost.aborted) return false;
      const silent = !offline() && !hidden() && this.#overdue() > this.#every + SILENCE_MS;
      if (silent || this.#ended.signal.aborted) {
        queueing.abort();
        return !this.#ended.signal.aborted;
      }
      this.#tell();
      await this.#waited(LOOK_MS);
    }
  }

  /** Pulls whenever it is due, until this tab stops, loses the lead, or is hidden and rests then. */
  async #lead(lost) {
    this.#leads = true;
    this.#wake();
    while (!this.#ended.signal.aborted && !lost?.aborted && !this.#rests()) {
      if (this.#next || this.#pulling) await this.#under;
      else if (!offline() && this.#overdue() >= 0) await this.pull().catch(() => {});
      else {
        this.#tell();
        await this.#waited(offline() ? LOOK_MS : Math.min(-this.#overdue(), LOOK_MS));
      }
    }
    this.#leads = false;
    this.#tell();
  }

  async #once() {
    if (this.#ended.signal.aborted) throw aborted();
    const { signal } = (this.#pulling = new AbortController());
    this.#tell();
    try {
      await this.#pull(signal, () => this.#say());
      this.#failures = 0;
      this.#error = undefined;
      this.#lastPull = Date.now();
      this.#due(this.#every);
    } catch (thrown) {
      const error = FhirPullError.from(thrown);
      // Stopped because the network went, it failed in nothing, and goes on when the network is back.
      if (!signal.aborted) this.#error = error;
      this.#due(signal.aborted ? 0 : this.#patience(error));
      throw error;
    } finally {
      this.#pulling = undefined;
      this.#tell();
      // What a follower was woken for, the others need not pull again.
      if (!this.#leads && !this.#error) this.#say();
    }
  }

  /** How long to wait after a failure. */
  #patience({ retryable, retryAfter = 0 }) {
    if (!retryable) {
      this.#failures = 0;
      return this.#every;
    }
    const step = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    return Math.max((step + step * Math.random()) / 2, retryAfter * 1000);
  }

  #due(wait) {
    this.#since = Date.now();
    this.#wait = wait;
  }

  /** For how many milliseconds the next pull has been due; negative until it is. */
  #overdue() {
    const passed = Date.now() - this.#since;
    // A clock that was set back says nothing about the wait.
    return passed < 0 ? 0 : passed - this.#wait;
  }

  #rests() {
    return !this.#whileHidden && hidden();
  }

  /** The platform's state has changed, or this was stopped. */
  #look = (event) => {
    if (event?.type === "offline") this.#pulling?.abort();
    // A server that asked for patience is not asked sooner because this device was away.
    if (event?.type === "online" && this.#error?.code !== "busy") this.#due(0);
    this.#wake();
  };

  #waited(milliseconds) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waits.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#waits.add(end);
    });
  }

  #wake() {
    for (const end of this.#waits) end();
  }

  #tell() {
    const told = { state: this.#name(), leader: this.#leads && !this.#ended.signal.aborted };
    if (this.#lastPull !== undefined) told.lastPull = this.#lastPull;
    const waits = told.state === "waiting" || told.state === "failed" || told.state === "following";
    if (waits && this.#wait > 0) told.nextPull = this.#since + this.#wait;
    if (this.#error) told.error = this.#error;
    const before = this.state;
    // As texts: what is heard of the same failure again is another object.
    if (Object.keys({ ...before, ...told }).every((key) => String(before[key]) === String(told[key]))) return;
    this.state = told;
    guarded(this.#onState, told);
    if (this.#leads) this.#say();
  }

  #name() {
    if (this.#pulling) return "pulling";
    if (this.#ended.signal.aborted) return "stopped";
    if (!this.#leads) return "following";
    if (offline()) return "offline";
    return this.#error ? "failed" : "waiting";
  }

  /** Says to the other tabs how things stand. */
  #say() {
    const wait = Math.max(0, -this.#overdue());
    this.#tabs?.postMessage({ lastPull: this.#lastPull, wait, failure: this.#error?.toFailure() });
  }

  #listen() {
    this.#tabs = new BroadcastChannel(this.#group);
    this.#tabs.onmessage = ({ data }) => (data.asks ? this.#leads && this.#say() : this.#heard(data));
    // Where the process would otherwise be kept alive by listening (Node).
    this.#tabs.unref?.();
    this.#tabs.postMessage({ asks: true });
  }

  #heard({ lastPull, wait, failure }) {
    this.#lastPull = lastPull;
    this.#error = failure && FhirPullError.from(failure);
    this.#due(wait);
    this.#wake();
  }
}

function offline() {
  return globalThis.navigator?.onLine === false;
}

function hidden() {
  return globalThis.document?.visibilityState === "hidden";
}
