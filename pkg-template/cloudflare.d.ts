/** What `fhir-pull/cloudflare` gives: stores for a replica on Cloudflare's platform, and Workers that pull and serve. */

import type { Feed, FhirPullError, ReplicaOptions, Store, StoreHead, StoreUsage } from "./index.js";
import type { Authorized, FhirServerSettings } from "./server.js";

/** Of a Durable Object with SQLite: `ctx.storage`, of a class declared under `new_sqlite_classes`. */
export interface ObjectStorage {
  sql: { exec(query: string, ...bindings: any[]): { toArray(): any[] } };
  transactionSync<T>(closure: () => T): T;
}

/** An R2 bucket. */
export interface Bucket {
  get(key: string, options?: any): Promise<any>;
  put(key: string, value: any, options?: any): Promise<any>;
  delete(keys: string | string[]): Promise<void>;
  list(options?: any): Promise<any>;
}

/** A D1 database. */
export interface Database {
  prepare(query: string): any;
  batch(statements: any[]): Promise<any>;
}

/** A namespace of Workers KV. */
export interface Namespace {
  get(key: string, type: any): Promise<any>;
  put(key: string, value: any, options?: any): Promise<void>;
  delete(key: string): Promise<void>;
  list(options?: any): Promise<any>;
}

/** A store that can be published: it tells all that it holds of one generation. */
export interface InventoriedStore extends Store {
  inventory(): Promise<(StoreHead & StoreUsage & { lineage: string; keys: number[] }) | undefined>;
}

export interface TableOptions {
  /** What the names of its two tables begin with: other ones for each replica. Default: `"fhir_pull"`. */
  tables?: string | undefined;
}

/** In the SQLite of a Durable Object: each call is one step, and no request to anywhere. */
export function durableObjectStore(storage: ObjectStorage, options?: TableOptions): InventoriedStore;
/** In a D1 database: a commit is one batch. */
export function d1Store(database: Database, options?: TableOptions): InventoriedStore;
/**
 * In an R2 bucket: a commit is an object or a few, and the head, put on condition that it is the one that it was made
 * from. `prefix`: what the names of its objects begin with, another one for each replica.
 */
export function r2Store(bucket: Bucket, prefix?: string): InventoriedStore;

/** A published copy, to read only: commits and wipes are `"store-failed"`. */
export interface PublishedStore extends Store {
  readonly published: unknown;
}

/**
 * A copy in Workers KV, for many readers everywhere; `publish` writes it. A place sees it up to a minute late. Where a
 * value has not arrived yet, the answer is `"busy"`, `retryable`, and never a wrong one.
 */
export function kvStore(namespace: Namespace, prefix?: string): PublishedStore;

export interface PublishOptions {
  /** How many operations of KV this call may make: an invocation has 1000 in all. Default: 400. */
  most?: number | undefined;
  /** For how many milliseconds values stay that were replaced, for readers that hold on to them. Default: 600000. */
  keep?: number | undefined;
}

/**
 * Makes a copy in KV what the store holds: new values first, then the head, at most once a second. Where `most` does not
 * suffice, nothing of it is seen yet, and the next call goes on. One publisher for each copy.
 */
export function publish(
  store: InventoriedStore,
  copy: PublishedStore,
  options?: PublishOptions,
): Promise<{ done: boolean; generation: number; values: number }>;

/** What became of a pull. */
export interface Pulled {
  /** Whether all was pulled that there was; else the next invocation goes on. */
  done: boolean;
  /** Why it failed, in a shard. The pull of a Worker rejects, which is a failed invocation. */
  error?: FhirPullError | undefined;
  /** In a shard, which. */
  shard?: string | undefined;
  /** Where it is kept: to publish it. */
  store: InventoriedStore;
}

interface PullSettings<Env> {
  /** The base URL of the FHIR server. */
  server: string | ((env: Env, shard?: string) => string);
  /** The token to send, or nothing for none. See TokenSource. */
  token?: ((env: Env, ask: { refresh: boolean }, shard?: string) => string | undefined | Promise<string | undefined>) | undefined;
  /**
   * Who may read what. There is no default: without it there is an error at start. See Authorize in `fhir-pull/server`.
   */
  authorize: (request: Request, env: Env) => Authorized | Promise<Authorized>;
  /** Where the server is to be found: a path, a URL, or a function that gives one. Default: `"/fhir"`. */
  base?: string | ((request: Request) => string) | undefined;
  cors?: FhirServerSettings["cors"];
  /** A key with which all is encrypted that is stored: AES-GCM, such as one made of a secret of the Worker. */
  encrypt?: ((env: Env, shard?: string) => CryptoKey | Promise<CryptoKey>) | undefined;
  /**
   * What one invocation may do: a pull stops there, what had come is stored, and the next one goes on. Default: 20 seconds
   * and 40 requests to the server. Not below ten: four feeds go on at once, and each may need
   * some before it has something to keep.
   */
  bounds?: { milliseconds?: number | undefined; requests?: number | undefined } | undefined;
  /** Told of each pull: to publish what it brought, or to log a failure. */
  onPull?: ((pulled: Pulled, env: Env) => void | Promise<void>) | undefined;
  /** Used to ask the server, such as a service binding's. Default: the global `fetch`. */
  fetch?: ((env: Env) => (request: Request) => Promise<Response>) | undefined;
  /** Other options of `openReplica`. */
  replica?:
    | Pick<ReplicaOptions, "aliases" | "fileOrigins" | "concurrency" | "timeout" | "versions" | "fhirVersion" | "searchParameters">
    | undefined;
}

export interface EdgeSettings<Env> extends PullSettings<Env> {
  /**
   * What is pulled. A history goes on where a bound has cut it, a search only with `_sort=_lastUpdated`: another search begins
   * anew, so that its first pull has to fit into one invocation, as `$everything` has.
   */
  feeds: Feed[] | ((env: Env) => Feed[] | Promise<Feed[]>);
  /** Where the replica is kept, or read from: `(env) => r2Store(env.BUCKET)`. */
  store: (env: Env) => Store;
  /** Names the replica. Default: `"replica"`. */
  name?: string | undefined;
  /** For how many milliseconds an isolate answers from what it has seen before it looks for what is new. Default: 5000. */
  freshFor?: number | undefined;
}

export interface FhirWorker<Env> {
  fetch(request: Request, env: Env): Promise<Response>;
  /** Pulls. */
  scheduled(event: unknown, env: Env): Promise<void>;
}

/**
 * A Worker that pulls by its cron triggers into a store and answers FHIR REST requests from it, in all places. Until
 * the first pull is complete it answers 503.
 */
export function fhirWorker<Env = any>(settings: EdgeSettings<Env>): FhirWorker<Env>;

export interface ShardSettings<Env> extends PullSettings<Env> {
  feeds: Feed[] | ((env: Env, shard: string) => Feed[] | Promise<Feed[]>);
  /** The namespace of the Durable Objects, of the class `FhirReplica` that comes with it. */
  namespace: (env: Env) => any;
  /**
   * The name of the replica that a request is for, such as a patient's or a tenant's; nothing is 404. Asked once the
   * request may be answered. A name that was never asked for before begins a replica.
   */
  shardOf: (request: Request, env: Env) => string | undefined | Promise<string | undefined>;
  /** Milliseconds from the end of one pull to the next. Default: 60000. */
  every?: number | undefined;
}

export interface FhirShards<Env> {
  fetch(request: Request, env: Env): Promise<Response>;
  /** The class of the Durable Objects, to be exported by the Worker's module. */
  FhirReplica: new (state: any, env: Env) => { fetch(request: Request): Promise<Response>; alarm(): Promise<void> };
}

/**
 * A Worker in front of replicas, each in a Durable Object of its own that pulls by its alarm and serves:
 *
 *     const { FhirReplica, ...worker } = fhirShards({ ... });
 *     export { FhirReplica };
 *     export default worker;
 */
export function fhirShards<Env = any>(settings: ShardSettings<Env>): FhirShards<Env>;
