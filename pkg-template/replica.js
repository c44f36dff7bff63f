// The Replica of index.d.ts over an engine, inline or in a worker: checks, parses, and tells watches
// and other tabs of commits.

import { Answers, isReference } from "./answers.js";
import { forgottenKey } from "./at-rest.js";
import { parse } from "./bytes.js";
import { reasonOf, untilAborted } from "./calls.js";
import { FhirPullError, badInput } from "./errors.js";
import { KeepFresh, groupOf } from "./keep-fresh.js";
import { checked, checkedFeeds, checkedText } from "./options.js";
import { pages, streamOf } from "./pages.js";
import { answered, asked } from "./serve.js";
import { pieces } from "./source.js";
import { persist, room } from "./storage.js";
import { tokenOf } from "./token.js";
import { Watch, guarded } from "./watch.js";

const QUERY = "Observation?patient=123";
/** By whom what is handed out may be kept, as the engine says it. */
const SHARING = new Map([[true, "private"], ["shared", "shared"]]);

export class Replica {
  #engine;
  #handle;
  #database;
  #encrypted;
  #tabs;
  /** Whether the browser keeps it: not in memory. */
  #kept;
  #watches = new Set();
  #fresh = new Set();
  /** Made when it is first asked for. */
  #answers;
  #closed = false;

  /**
   * @param {{ call: Function, end: Function }} engine
   * @param {number} handle
   * @param {{ name: string, server: string, database: string, encrypted: boolean, kept: boolean }} what
   *   `kept` by the browser and shared with other tabs: not in memory
   */
  constructor(engine, handle, { name, server, database, encrypted, kept }) {
    this.#engine = engine;
    this.#handle = handle;
    this.#database = database;
    this.#encrypted = encrypted;
    this.name = name;
    this.server = server;
    this.#kept = kept;
    if (kept && typeof BroadcastChannel === "function") this.#listen();
  }

  async pull(feeds, options) {
    this.#open();
    checkedFeeds("pull", feeds);
    const { signal, onProgress, toItsEnd } = checked("pull", options, { optional: ["signal", "onProgress", "toItsEnd"] });
    return this.#call("pull", [feeds], { signal, on: this.#told(onProgress), toItsEnd });
  }

  async cloneFrom(url, options) {
    this.#open();
    checkedText("cloneFrom", url, "https://edge.example.org/fhir");
    const { signal, onProgress, token, replace = false } = checked("cloneFrom", options, {
      optional: ["signal", "onProgress", "token", "replace"],
    });
    const clone = async (ask) => {
      const given = await untilAborted(tokenOf(token, ask), signal);
      return this.#call("cloneFrom", [url, given, replace], { signal, on: this.#told(onProgress) });
    };
    try {
      return await clone({ refresh: false });
    } catch (thrown) {
      // What came before the token was refused is not fetched again.
      if (thrown.status !== 401 || token === undefined) throw thrown;
      return clone({ refresh: true });
    }
  }

  keepFresh(options) {
    this.#open();
    const { feeds, onProgress, signal, ...rest } = checked("keepFresh", options, {
      required: ["every"],
      optional: ["feeds", "whileHidden", "onProgress", "onState", "signal"],
    });
    if (signal?.aborted) throw reasonOf(signal);
    const list = structuredClone(checkedFeeds("keepFresh", feeds));
    const pull = (signal, onSign) => {
      const told = this.#told((progress) => {
        onSign();
        onProgress?.(progress);
      });
      return this.#call("pull", [list], { signal, on: told, toItsEnd: true });
    };
    const group = this.#kept ? groupOf(this.#database, list, rest.every) : undefined;
    const fresh = new KeepFresh(pull, { ...rest, signal, group });
    this.#fresh.add(fresh);
    fresh.ended.then(() => this.#fresh.delete(fresh));
    return fresh;
  }

  async verify(feeds, options) {
    this.#open();
    checkedFeeds("verify", feeds);
    const { signal, onProgress, repair = true } = checked("verify", options, {
      optional: ["signal", "onProgress", "repair"],
    });
    return this.#call("verify", [feeds, repair], { signal, on: this.#told(onProgress) });
  }

  async forget(feed, options) {
    this.#open();
    checkedFeeds("forget", [feed]);
    const { signal } = checked("forget", options, { optional: ["signal"] });
    return this.#call("forget", [feed], { signal, on: this.#told() });
  }

  async import(source, options) {
    this.#open();
    const { signal, onProgress } = checked("import", options, { optional: ["signal", "onProgress"] });
    const { next, end } = pieces(source);
    try {
      return await this.#call("import", [], { signal, on: this.#told(onProgress), next });
    } finally {
      end();
    }
  }

  export(options) {
    this.#open();
    const { signal } = checked("export", options, { optional: ["signal"] });
    return streamOf(pages(this.#engine, "export", [this.#handle], signal));
  }

  async *changes(since = 0, options) {
    this.#open();
    if (!Number.isSafeInteger(since) || since < 0) throw badInput("changes takes a generation: a number from 0 on.");
    const { signal } = checked("changes", options, { optional: ["signal"] });
    for await (const bytes of pages(this.#engine, "changes", [this.#handle, since], signal)) yield* parse(bytes);
  }

  async search(query, options) {
    this.#open();
    checkedText("search", query, QUERY);
    const { signal, as, handling } = checked("search", options, { optional: ["signal", "as", "handling"] });
    const bytes = await this.#call("search", [query, handling === "lenient"], { signal });
    return as === "bytes" ? bytes : parse(bytes);
  }

  async explain(query, options) {
    this.#open();
    if (query === undefined) return this.#call("explainFeeds", []);
    checkedText("explain", query, QUERY);
    const { signal, handling } = checked("explain", options, { optional: ["signal", "handling"] });
    return this.#call("explain", [query, handling === "lenient"], { signal });
  }

  async read(reference, options) {
    this.#open();
    checkedText("read", reference, "Patient/123");
    const { signal, at } = checked("read", options, { optional: ["signal", "at"] });
    const bytes = await this.#call("read", [reference, at], { signal });
    return bytes === undefined ? undefined : parse(bytes);
  }

  async get(what, options) {
    this.#open();
    checkedText("get", what, "Patient/123");
    const { signal, policy } = checked("get", options, { optional: ["signal", "policy"] });
    this.#answers ??= new Answers({
      held: (what) => (isReference(what) ? this.#call("read", [what]) : this.#call("search", [what, false])),
      covered: (what) => this.#call("covered", [what]),
      ask: (what, once) => this.#call("ask", [what, once], { on: this.#told() }),
    });
    return untilAborted(this.#answers.get(what, policy), signal);
  }

  async covers(what, options) {
    this.#open();
    checkedText("covers", what, QUERY);
    const { signal } = checked("covers", options, { optional: ["signal"] });
    // What another tab has just committed counts.
    await this.#call("refresh", [], { signal });
    const covered = await this.#call("covered", [what], { signal });
    return covered && { asOf: covered[0] };
  }

  async history(reference, options) {
    this.#open();
    checkedText("history", reference, "Patient/123");
    const { signal } = checked("history", options, { optional: ["signal"] });
    return parse(await this.#call("history", [reference], { signal }));
  }

  async serve(request, options) {
    this.#open();
    const { base = this.server, within, segments, signal = request?.signal } = checked("serve", options, {
      optional: ["base", "within", "segments", "signal"],
    });
    if (signal?.aborted) throw reasonOf(signal);
    const ask = await untilAborted(asked(request, base), signal);
    if (ask instanceof Response) return ask;
    return answered(request.method, await this.#call("serve", [...ask, within, SHARING.get(segments)], { signal }));
  }

  async tidy(options) {
    this.#open();
    const { signal } = checked("tidy", options, { optional: ["signal"] });
    await this.#call("tidy", [], { signal });
  }

  async refresh(options) {
    this.#open();
    const { signal } = checked("refresh", options, { optional: ["signal"] });
    return this.#call("refresh", [], { signal });
  }

  async status(options) {
    this.#open();
    const { signal } = checked("status", options, { optional: ["signal"] });
    const asked = [this.#call("status", [], { signal }), this.#kept ? room() : { persisted: false }];
    const [status, storage] = await untilAborted(Promise.all(asked), signal);
    return { ...status, ...storage };
  }

  async persist(options) {
    this.#open();
    const { signal } = checked("persist", options, { optional: ["signal"] });
    return this.#kept ? untilAborted(persist(), signal) : false;
  }

  watch(query, callback, onError) {
    this.#open();
    checkedText("watch", query, QUERY);
    if (typeof callback !== "function") throw badInput("watch takes a function to call with each answer.");
    const ask = {
      status: () => this.#call("status", []),
      search: (query) => this.#call("search", [query]),
    };
    const watch = new Watch(query, ask, callback, onError);
    this.#watches.add(watch);
    return () => {
      watch.end();
      this.#watches.delete(watch);
    };
  }

  async wipe() {
    this.#open();
    // First, so that no other tab holds the database open or writes to it again.
    this.#tabs?.postMessage({ wiped: true });
    for (const watch of this.#watches) watch.end();
    // What pulls would store again what is wiped.
    await Promise.all(this.#stopped());
    try {
      // The key before all else: what might stay behind is then unreadable.
      const key = this.#encrypted && (await forgottenKey(this.#database));
      return { ...(await this.#call("wipe", [])), key };
    } finally {
      await this.close();
    }
  }

  get closed() {
    return this.#closed;
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
    this.#tabs?.close();
    const stopped = this.#stopped();
    this.#engine.end();
    await Promise.all(stopped);
  }

  #stopped() {
    return [...this.#fresh].map((fresh) => fresh.stop());
  }

  #call(name, args, context) {
    return this.#engine.call(name, [this.#handle, ...args], context);
  }

  #open() {
    if (this.#closed) throw badInput("This replica was closed. Open it again with openReplica.");
  }

  /** Hears of the progress and the commits of a call. */
  #told(onProgress) {
    return (event, value) => {
      if (event === "commit") this.#committed(value);
      else if (onProgress) guarded(onProgress, value);
    };
  }

  #committed({ generation, types, settled }) {
    this.#tabs?.postMessage({ generation, types, settled });
    if (settled) for (const watch of this.#watches) watch.committed(types);
  }

  #listen() {
    this.#tabs = new BroadcastChannel(`fhir-pull/${this.#database}`);
    this.#tabs.onmessage = ({ data }) => (data.wiped ? this.close() : this.#heard(data));
    // Where the process would otherwise be kept alive by listening (Node).
    this.#tabs.unref?.();
  }

  /** Another tab committed. */
  async #heard({ types, settled }) {
    try {
      await this.#call("refresh", []);
      if (settled) for (const watch of this.#watches) watch.committed(types);
    } catch (thrown) {
      if (this.#closed) return;
      for (const watch of this.#watches) watch.failed(FhirPullError.from(thrown));
    }
  }
}
