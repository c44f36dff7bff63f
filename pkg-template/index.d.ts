/** What `fhir-pull` gives a page, a worker or Node. Bytes stay in WebAssembly; answers come as FHIR JSON. */

/** Any FHIR resource. */
export interface Resource {
  resourceType: string;
  id?: string;
  [element: string]: unknown;
}

/** A FHIR Bundle, as searches answer it. */
export interface Bundle extends Resource {
  resourceType: "Bundle";
  type: string;
  total?: number;
  link?: { relation: string; url: string }[];
  entry?: {
    fullUrl?: string;
    resource?: Resource;
    search?: { mode?: "match" | "include" | "outcome" };
    /** In a history. */
    request?: { method: string; url: string };
    response?: { status: string; etag?: string; lastModified?: string };
  }[];
}

/**
 * Gives the bearer token to send, or nothing for no token: the same one until it is renewed. Asked before requests, and
 * with `refresh` after the server refused it. All calls and tabs ask for one refresh together, and first without
 * `refresh` whether there is another token by now: keep it where all tabs find it at once, as in IndexedDB or a cookie
 * (what one tab writes to localStorage another may not read for a moment, and would refresh once more). One that throws
 * for want of a network (what `fetch` throws, or any error that has `retryable: true`) fails the call with
 * `code: "network"`, `retryable`, and is asked again by the next; one that throws anything else with `code: "denied"`.
 */
export type TokenSource = (ask: { refresh: boolean }) => string | undefined | Promise<string | undefined>;

/** What can be given to any call that takes time. */
export interface CallOptions {
  /** Stops the call; its promise rejects with `code: "aborted"`. */
  signal?: AbortSignal | undefined;
}

export interface ServerOptions {
  /** The base URL of the FHIR server. */
  server: string;
  /**
   * Other bases by which the server names itself in its links, such as the inner one behind a proxy. Such a link is
   * followed at `server`; nothing is ever sent to an alias. Links anywhere else are refused.
   */
  aliases?: string[] | undefined;
  /** How many requests are in flight at once, of all calls together. Default: 4. */
  concurrency?: number | undefined;
  /**
   * For so many milliseconds nothing may come of an answer: its headers first, then each piece of its body. Then the
   * request is given up (`network`). Default: 120000.
   */
  timeout?: number | undefined;
  token?: TokenSource | undefined;
  /** Used instead of the global `fetch`; called with one `Request`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** What a commit makes true at once, or not at all. */
export interface StoreCommit {
  /** The generation that the commit was made from; 0 for an empty store. */
  expected: number;
  /** The manifest of generation `expected + 1`. */
  manifest: Uint8Array;
  /** New values, most of them below 64 KiB, under keys that are not in use. */
  puts: [key: number, value: Uint8Array][];
  /** Keys of values to remove. One that is not there is no error. */
  deletes: number[];
}

/**
 * Where a replica can be kept: opaque bytes that are written once, each under a number, and one manifest, which is
 * replaced. Methods may answer with a promise. What throws is `"store-failed"`; unless it has `code: "conflict"`,
 * `code: "quota"` (there is no room), or `retryable: true`, which becomes `"busy"`. After an error nothing has changed.
 */
export interface Store {
  /** The manifest and how often it was replaced; undefined where nothing was ever committed, or all was wiped. */
  head(): StoreHead | undefined | null | Promise<StoreHead | undefined | null>;
  /** The values of the keys, in their order; undefined where there is none. A key may be asked for twice. */
  read(keys: number[]): (Uint8Array | undefined | null)[] | Promise<(Uint8Array | undefined | null)[]>;
  /** All of it in one step. Throws an error with `code: "conflict"` where the generation is not `expected`. */
  commit(commit: StoreCommit): void | Promise<void>;
  /** Removes everything, the manifest included. */
  wipe(): void | Promise<void>;
  /** How many values there are, and the bytes of these and the manifest. */
  usage(): StoreUsage | Promise<StoreUsage>;
}

export interface StoreHead {
  /** 1 after the first commit, one more with each. */
  generation: number;
  /** What the last commit gave. */
  manifest: Uint8Array;
}

export interface StoreUsage {
  values: number;
  bytes: number;
}

export interface ReplicaOptions extends ServerOptions {
  /** Names the replica on this device; one server and one user each. */
  name: string;
  /** Where the files of a bulk export may be besides the server, such as `"https://files.example.org"`. They get no token. */
  fileOrigins?: string[] | undefined;
  /**
   * Where it is kept: in IndexedDB, in memory, or by an object of yours or of `fhir-pull/cloudflare`. Default:
   * `"indexeddb"` where there is one, else `"memory"`. An object is called in this thread: there is no worker then.
   */
  store?: "indexeddb" | "memory" | Store | undefined;
  /**
   * Encrypts all that is stored, and hides the name: AES-GCM by WebCrypto, so only over HTTPS. With a `CryptoKey` of the
   * application (AES-GCM, to encrypt and decrypt; best not extractable), such as one derived when the user signs in,
   * nobody reads the browser's files without that key. With `true` the package makes one and keeps it in the
   * same profile: that stops a casual reader of files, not whoever takes the whole profile. Neither stops a script of the
   * same origin, which can ask the replica. Changing between keys, or to or from none, takes a `wipe` and a pull.
   * A store of yours is encrypted with a `CryptoKey` only, for this `name`: under another one it does not open.
   */
  encrypt?: CryptoKey | true | undefined;
  /**
   * Which versions are kept: the current one of each resource, or all that were pulled.
   * Default: those that the replica keeps already; of a new one the current.
   */
  versions?: "current" | "all" | undefined;
  /**
   * The server's version of FHIR, the same each time: whose search parameters are indexed. Without it: `"R4"`. Where it
   * is given, requests name it (`Accept: application/fhir+json; fhirVersion=4.0`).
   */
  fhirVersion?: "R4" | "R4B" | "R5" | undefined;
  /**
   * Search parameters beside or instead of FHIR's own: of a profile, of a hospital. The components of a
   * composite are named by the `url` of another one given here, or of FHIR's own.
   * With others than the last time, what is held is indexed anew: at the next pull, or when it is first searched.
   */
  searchParameters?: Resource[] | undefined;
  /** Whether the engine runs in a dedicated worker. Default: wherever there are workers to be had. */
  worker?: boolean | undefined;
}

/**
 * What to pull:
 * - a search (`"Observation?patient=123"`): all that it finds, followed by what changes;
 * - history: of a type (`"Observation"`), of one resource (`"Patient/123"`), or of the whole server (`"*"`);
 * - everything that belongs to a patient, as the server's `$everything` gives it;
 * - resources by name, and what they refer to, so many references deep;
 * - a bulk export: of all (`"*"`), of all patients (`"Patient"`), or of a group's (`"Group/7"`), of all types or some.
 */
export type Feed =
  | string
  | { search: string }
  | { history: string }
  | { everything: string }
  | { references: string[]; depth?: number | undefined }
  | { export: "*" | "Patient" | (string & {}); types?: string[] | undefined };

export interface Progress {
  /** The feed as text: `"Observation?patient=123"` or `"Observation/_history"`. */
  feed: string;
  state: "pulling" | "complete" | "failed";
  /** Requests made in this pull; repetitions are not counted. */
  requests: number;
  /** Pages read in this pull. */
  pages: number;
  /** Entries seen in this pull: stored, deleted and unchanged together. */
  resources: number;
  /** Of these, new or newer and now stored. */
  stored: number;
  /** Of these, deletions newly learnt of. */
  deleted: number;
  /** Of these, already held. */
  unchanged: number;
  /**
   * Resources held that the server no longer names without saying that they were deleted: it answers 404 or
   * 403, as it does when the user has lost access. They are kept.
   */
  unaccounted: number;
  /** Bytes of the answers' bodies. */
  bytes: number;
  /** How many the server said there would be, where it said so. An estimate. */
  total?: number;
  /** Since this feed's pull began. */
  milliseconds: number;
  /** The rate: entries a second. */
  perSecond: number;
  /** How long the rest may take at this rate, while it goes on and where the server said how many there would be. */
  millisecondsLeft?: number;
}

export interface PullOptions extends CallOptions {
  onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Whether an abort is answered only once what had come is stored, for whoever is stopped after that, as an edge worker
   * is. Default: false, at once.
   */
  toItsEnd?: boolean | undefined;
}

export interface PullResult {
  /** The last progress of each feed, in the order given. */
  feeds: Progress[];
  /** The generation that holds all of it. */
  generation: number;
}

export interface KeepFreshOptions {
  /** Without it, all that were ever begun. */
  feeds?: Feed[] | undefined;
  /** Milliseconds from the end of one pull to the next. */
  every: number;
  /** Whether a page that is not visible pulls, too. Default: `true`. */
  whileHidden?: boolean | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Called after each change of `state`. */
  onState?: ((state: FreshState) => void) | undefined;
  /** Stops it. */
  signal?: AbortSignal | undefined;
}

/** How far what is kept fresh is so. */
export interface FreshState {
  /**
   * `"waiting"` for the next pull; `"pulling"`; `"offline"`: this device has no network; `"failed"`: the last pull did,
   * which `error` tells, and the next one is tried all the same; `"following"`: this tab does not lead, since another one
   * does, or since it is hidden and `whileHidden` is false; `"stopped"`.
   */
  state: "waiting" | "pulling" | "offline" | "failed" | "following" | "stopped";
  /** Whether this tab pulls for all of them. */
  leader: boolean;
  /** When the last pull that succeeded ended, in whichever tab: milliseconds since 1970 by this device's clock. */
  lastPull?: number;
  /** When the next pull is due, likewise. */
  nextPull?: number;
  /** Why the last pull failed. One that is not `retryable`, such as `"denied"`, is tried again after `every`, too. */
  error?: FhirPullError;
}

export interface KeptFresh {
  readonly state: FreshState;
  /**
   * Pulls now, whichever tab leads: for whoever hears that there is something new. One that is under way is followed
   * by another. Rejects if that fails; the regular pulls go on all the same.
   */
  pull(): Promise<void>;
  /** Stops the pull under way, and resolves when nothing is any more. What was pulled stays. */
  stop(): Promise<void>;
}

export interface VerifyOptions extends CallOptions {
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Whether what differs is mended: missing and stale resources read, extra ones asked about. Default: true. */
  repair?: boolean | undefined;
}

export interface Verified {
  feed: string;
  /** How many resources the server named. */
  resources: number;
  /** On the server, and not held. */
  missing: number;
  /** Held in another version. */
  stale: number;
  /** Held, and not named by the server. */
  extra: number;
  repaired: boolean;
}

export interface VerifyResult {
  /** In the order given. */
  feeds: Verified[];
  /** The generation that holds what was mended. */
  generation: number;
}

/** How a feed is pulled, in words. */
export interface FeedExplanation {
  feed: string;
  /** Which way it takes. Chosen by the server's CapabilityStatement, and changed by what the server then does. */
  strategy: "history" | "history-of-types" | "changes" | "crawl" | "everything" | "read" | "export";
  /** What is done each time. */
  does: string;
  why: string;
  /** What this way can miss. */
  misses: string;
  complete: boolean;
  /** How many milliseconds of the past are read again each time: twice what was seen to come late, a minute at least. */
  overlap: number;
  /** See `Progress`. */
  unaccounted: number;
  /** Of the last pull that brought something. */
  cost: { requests: number; bytes: number; resources: number; milliseconds: number };
}

export interface GetOptions extends CallOptions {
  /**
   * - `"cache-first"` (the default): the replica's answer where it has all that is asked for, else the server's;
   * - `"network-first"`: the server's, asked once; the replica's where the server can't be reached;
   * - `"stale-while-revalidate"`: the replica's at once, and the server's as `fresh`;
   * - `"cache-only"`: the replica's, also where it may be a part of what the server has;
   * - `"network-only"`: the server's.
   */
  policy?: "cache-first" | "network-first" | "stale-while-revalidate" | "cache-only" | "network-only" | undefined;
}

export interface Answer {
  /** The resource, or the Bundle of a search; from the server its first page. Undefined where the replica holds none. */
  resource?: Resource;
  /** Where it came from. */
  from: "replica" | "server";
  /**
   * How old it is: as of when it is what the server has, by the server's clock. Of a replica's answer only where a
   * feed brings all of it, and of a server's where that shows its `Date`.
   */
  asOf?: string;
  /** With `"stale-while-revalidate"`, the server's answer. */
  fresh?: Promise<Answer>;
}

export interface ReadOptions extends CallOptions {
  /**
   * An instant: the version that was current then, by the server's clock. Exact where all versions
   * are kept and were pulled by a history.
   */
  at?: string | undefined;
}

export interface ImportProgress {
  /** Resources and deletions read so far. */
  resources: number;
  /** Of these, new or newer and now stored. */
  stored: number;
  /** Of these, deletions newly learnt of. */
  deleted: number;
  /** Of these, already held. */
  unchanged: number;
  /** Bytes of the source. */
  bytes: number;
}

export interface ImportOptions extends CallOptions {
  onProgress?: ((progress: ImportProgress) => void) | undefined;
}

export interface ImportResult extends ImportProgress {
  /** The generation that holds all of it. */
  generation: number;
}

/** Where a resource stands after a commit. */
export interface Change {
  /** The commit that brought it. */
  generation: number;
  type: string;
  id: string;
  /** The server's version, where it said so. */
  versionId?: string;
  lastUpdated?: string;
  deleted: boolean;
  /** Unless it was deleted. */
  resource?: Resource;
}

export interface TypeStatus {
  type: string;
  /** Resources held and not deleted. */
  resources: number;
  /** Known to be deleted. */
  deleted: number;
}

export interface FeedStatus {
  feed: string;
  /** Whether it was ever pulled to its end. Until then what it covers may be incomplete. */
  complete: boolean;
  /** Up to when the server was followed, by the server's clock. */
  cursor?: string;
  /** As of when the feed's part of the copy is whole, by the server's clock: when its last complete pull began. */
  asOf?: string;
}

export interface Status {
  name: string;
  server: string;
  store: "indexeddb" | "memory" | "object";
  generation: number;
  types: TypeStatus[];
  feeds: FeedStatus[];
  segments: number;
  /** Which versions are kept. */
  versions: "current" | "all";
  /**
   * Types of which something stored was found to be missing or broken. What does not need it is still answered,
   * what does rejects with `code: "damaged"`, and the next pull fetches it anew.
   */
  damaged: string[];
  /** Why the replica was empty when it was opened though something was stored: nothing of that could be read. */
  startedOver?: "damaged" | "older-format";
  /** Bytes of JSON held. */
  jsonBytes: number;
  /** Bytes stored for them: resources, directory, index and manifest. */
  storedBytes: number;
  /** Whether the browser has promised not to evict what this origin stored; see `persist`. */
  persisted: boolean;
  /** Bytes that this origin may store in all, where the browser tells. An estimate. */
  quota?: number;
  /** Bytes that this origin stores in all, where the browser tells. An estimate. */
  usage?: number;
}

export interface Wiped {
  values: number;
  bytes: number;
  /** Whether there was a key that the package had made. */
  key: boolean;
}

export interface SearchOptions extends CallOptions {
  /** `"bytes"` gives the Bundle as UTF-8 JSON, unparsed. */
  as?: "bytes" | undefined;
  /**
   * What to do about a parameter that a replica cannot answer: `"strict"`, the default, rejects with
   * `code: "unsupported"`; `"lenient"` leaves it out of the search and of the Bundle's self link, and
   * says so in an OperationOutcome among the entries.
   */
  handling?: "strict" | "lenient" | undefined;
}

export interface ServeOptions extends CallOptions {
  /** Where this server is to be found: what links and full URLs begin with. Default: the replica's `server`. */
  base?: string | undefined;
  /** Narrows to a compartment, such as `"Patient/123"`: what is outside of it is as if it were not there. */
  within?: string | undefined;
  /**
   * Whether all that the replica consists of is handed out below `$replica`, for others to `cloneFrom`. With `true` its
   * parts may be kept by who asks for them (`Cache-Control: private, immutable`); with `"shared"` by caches before this
   * server too (`public`): a CDN, which then has to see to it by itself who gets them, since this server is not asked.
   * With `within` it is refused (403). Default: `false`.
   */
  segments?: boolean | "shared" | undefined;
}

export interface CloneProgress {
  /** Requests made; repetitions are not counted. */
  requests: number;
  /** Bytes of the answers' bodies. */
  bytes: number;
  /** About how many bytes the replica is that is cloned. */
  totalBytes: number;
  /** About how many of them are here, those included that an earlier clone had to leave. */
  heldBytes: number;
  milliseconds: number;
}

export interface CloneOptions extends CallOptions {
  onProgress?: ((progress: CloneProgress) => void) | undefined;
  /**
   * Gives the token for the server that is cloned from. Asked once, and once more with `refresh` where that server refuses
   * it. Default: the replica's own `token` where it is the replica's `server`; to any other goes none.
   */
  token?: TokenSource | undefined;
  /** Whether what is held is replaced. Default: `false`, it is refused (`conflict`). */
  replace?: boolean | undefined;
}

export interface CloneResult extends CloneProgress {
  /** The generation that holds all of it. */
  generation: number;
}

export interface Explanation {
  /** Each type that was searched. */
  types: {
    type: string;
    /** How many segments hold it. */
    segments: number;
    /** In the order in which they were asked: of which parameters, how it was found out, how many resources it left. */
    steps: { parameters: string; by: string; left: number }[];
  }[];
  /** By what the matches are sorted. */
  sort: string[];
  /** Parameters that were left out. */
  ignored: string[];
  /** How many match. */
  total: number;
  /** What was brought from the store: values, their bytes, pieces of them decoded. What was cached is not counted. */
  reads: { values: number; bytes: number; frames: number };
}

export interface Replica {
  readonly name: string;
  readonly server: string;
  /** Whether it was closed, or wiped, here or in another tab. */
  readonly closed: boolean;
  /**
   * Pulls these feeds, several at once, and commits as it goes; without a list, all that were ever begun. Where one
   * fails the others go on, unless it would meet them too, and the promise rejects with the first failure. What
   * was committed stays when it fails or is aborted, and the next pull goes on from there.
   */
  pull(feeds?: Feed[], options?: PullOptions): Promise<PullResult>;
  /**
   * Takes over all that the replica behind another server consists of, unread: a server of this package that hands it
   * out (`serve` with `segments`). `url` is its base. A `pull` afterwards brings only what is newer: from the source, if
   * both are copies of the same `server`, whose feeds go on where the other replica is; from that server, if it is this
   * replica's `server`, by one feed, its history (`pull()`). Until all has come, and where it fails or is aborted, this
   * replica is as it was; the next `cloneFrom` goes on from what came.
   */
  cloneFrom(url: string, options?: CloneOptions): Promise<CloneResult>;
  /** Holds feeds against the server by ids and versions, and mends what differs. */
  verify(feeds?: Feed[], options?: VerifyOptions): Promise<VerifyResult>;
  /**
   * Forgets a feed, and the resources that it brings and no other feed does: they are no longer found, and nothing
   * says that they were deleted. Their bytes go as replicas merge. What can't be told apart is kept: whatever an
   * export of patients or a search that can't be answered offline may have brought. An import is no feed. A replica
   * with `versions: "all"` forgets nothing: `"unsupported"`.
   */
  forget(feed: Feed, options?: CallOptions): Promise<{ resources: number; generation: number }>;
  /**
   * Pulls feeds now and again and again, until it is stopped or the replica is closed. Of the tabs that keep
   * the same feeds fresh at the same pace one leads and pulls; when it closes, crashes or stops, another does. It goes
   * on as soon as the network is back, and waits longer from failure to failure.
   */
  keepFresh(options: KeepFreshOptions): KeptFresh;
  /** Answers a FHIR search from the replica alone: a searchset Bundle. */
  search(query: string, options: SearchOptions & { as: "bytes" }): Promise<Uint8Array>;
  search(query: string, options?: SearchOptions & { as?: undefined }): Promise<Bundle>;
  /** How each feed is pulled that was ever begun, why so, what it can miss and what it cost. */
  explain(): Promise<FeedExplanation[]>;
  /** How a search is answered: its conditions in the order in which they are asked, what each leaves, what was read. */
  explain(query: string, options?: CallOptions & { handling?: "strict" | "lenient" | undefined }): Promise<Explanation>;
  /**
   * The resource as the server sent it, or `undefined` when the replica does not hold it (which
   * does not mean that the server has none). Rejects with `code: "gone"` when it was deleted.
   * `"Patient/123"` is the current version, or the one current `at` a time, `"Patient/123/_history/2"` that version.
   */
  read(reference: string, options?: ReadOptions): Promise<Resource | undefined>;
  /**
   * A resource (`"Patient/123"`) or the answer to a search, from the replica or the server as the policy says. What
   * the server answers is kept. When the replica has all that a search asks for, `covers` says. Rejects with `code: "gone"` for what was deleted.
   */
  get(what: string, options?: GetOptions): Promise<Answer>;
  /**
   * Whether the replica has all that a search or a reference (`"Patient/123"`) asks for, since a feed that was pulled to
   * its end brings it: one with these conditions or with fewer, or all of its type. `undefined` where it may have a part only.
   */
  covers(what: string, options?: CallOptions): Promise<{ asOf: string | undefined } | undefined>;
  /** The versions held of a resource, newest first: a history Bundle. Rejects with `code: "not-found"` when there are none. */
  history(reference: string, options?: CallOptions): Promise<Bundle>;
  /**
   * The changes after a generation, in the order of the commits: of each resource its latest state,
   * deletions included. Keep the last generation of which you have had everything (a later one
   * began, or the loop ended), and give it back as `since`.
   */
  changes(since?: number, options?: CallOptions): AsyncIterableIterator<Change>;
  /**
   * Takes NDJSON, a resource a line, or one Bundle, told apart by the first bytes; newer wins, as in
   * a pull. A line that is no resource rejects with its number, and what came before it stays. A document or a
   * message is kept as the Bundle that it is.
   */
  import(
    source: ReadableStream<Uint8Array> | Blob | Uint8Array | ArrayBuffer | string,
    options?: ImportOptions,
  ): Promise<ImportResult>;
  /**
   * All resources held and not deleted, as NDJSON, read as it is asked for. Each is byte for byte
   * as it came, but that line ends between its tokens are spaces.
   */
  export(options?: CallOptions): ReadableStream<Uint8Array>;
  /**
   * Answers a FHIR REST request from the replica: a server for reading, which its `metadata` describes. What goes wrong is
   * a status and an OperationOutcome; it rejects only where it was called wrongly, aborted (also by the signal of the
   * request) or closed. Who may ask is for whoever calls it to decide; `fhir-pull/server` makes a server of it that does.
   */
  serve(request: Request, options?: ServeOptions): Promise<Response>;
  /** Merges what many small commits have left, now. After a pull or an import it is done by itself. */
  tidy(options?: CallOptions): Promise<void>;
  /**
   * Takes over what others have committed to the same store; the generation that is answered from then on. Tabs tell each
   * other by themselves: this is for a store of yours that others write to.
   */
  refresh(options?: CallOptions): Promise<number>;
  status(options?: CallOptions): Promise<Status>;
  /**
   * Asks the browser not to evict what this origin stored, and answers whether it promises that.
   * Firefox asks the user. A worker can't ask: opened there, it answers what was promised before.
   */
  persist(options?: CallOptions): Promise<boolean>;
  /**
   * Calls back with the answer now and after every commit that changes it, in whichever tab that
   * was made; not before the pull of a new feed is complete. Returns the call that ends it.
   */
  watch(query: string, callback: (bundle: Bundle) => void, onError?: (error: FhirPullError) => void): () => void;
  /** Removes everything that was stored, first the key that was made for it, and closes the replica. */
  wipe(): Promise<Wiped>;
  /** Ends watches and the worker. What is stored stays. */
  close(): Promise<void>;
}

export interface ClientSearchOptions extends CallOptions {
  /** `"POST"` keeps the query out of the URL, where identifiers end up in logs. Further pages are a GET. Default: `"GET"`. */
  method?: "GET" | "POST" | undefined;
  /** What the server is to do about a parameter that it does not know. Without it the server chooses; most leave it out. */
  handling?: "strict" | "lenient" | undefined;
}

export interface OperationOptions extends CallOptions {
  /** Default: `"POST"` with parameters, else `"GET"`. */
  method?: "GET" | "POST" | undefined;
  /** The body of a POST: Parameters, or another resource where the operation takes one. */
  parameters?: Resource | undefined;
}

/** What a server answered to one read of a batch. */
export interface BatchAnswer {
  /** `"Patient/123"` */
  reference: string;
  /** The HTTP status: 200, 304 (what is held is current), 403, 404, 410, ...; 0 where the server gave none. */
  status: number;
  /** With 200; with 304 what is held. */
  resource?: Resource;
}

/** Reads from a FHIR server without keeping anything. */
export interface Client {
  readonly server: string;
  capabilities(options?: CallOptions): Promise<Resource>;
  /** The server's release of FHIR, by its CapabilityStatement. Rejects with `code: "unsupported"` for any other. */
  fhirVersion(options?: CallOptions): Promise<"R4" | "R4B" | "R5">;
  /**
   * The current version. With `held`, what was read before, the server sends a body only if it has another version
   * by now (ETag); else the answer is `held` itself.
   */
  read(reference: string, options?: CallOptions & { held?: Resource | undefined }): Promise<Resource>;
  /** One version: `"Patient/123/_history/2"`. */
  vread(reference: string, options?: CallOptions): Promise<Resource>;
  /**
   * Many reads in one request (a Bundle of type batch), answered in their order. Each is a reference, or a resource that
   * was read before: then it is sent only if the server has another version by now.
   */
  batch(references: (string | Resource)[], options?: CallOptions): Promise<BatchAnswer[]>;
  /** The pages of a search, each as the server sent it. */
  search(query: string, options?: ClientSearchOptions): AsyncIterableIterator<Bundle>;
  /** The pages of a history: `"Patient/123"`, `"Patient"` or `"*"`. */
  history(of: string, options?: CallOptions & { since?: string | undefined }): AsyncIterableIterator<Bundle>;
  /**
   * Invokes an operation: `"$export"`, `"Patient/$validate"`, `"Patient/123/$everything?_count=10"`. `undefined` where it
   * answers with nothing. A POST that may have arrived is not repeated by itself, since it may have changed something.
   */
  operation(path: string, options?: OperationOptions): Promise<Resource | undefined>;
  close(): Promise<void>;
}

export function openReplica(options: ReplicaOptions & CallOptions): Promise<Replica>;
/**
 * Removes the replica of this name without opening it, in IndexedDB, encrypted or not: also one whose key
 * is lost.
 */
export function wipeReplica(name: string): Promise<Wiped>;
export function openClient(
  options: ServerOptions & {
    /** The server's version of FHIR: where it is given, requests name it. */
    fhirVersion?: "R4" | "R4B" | "R5" | undefined;
    worker?: boolean | undefined;
  },
): Promise<Client>;

/** Every rejection of this package. */
export class FhirPullError extends Error {
  readonly name: "FhirPullError";
  /**
   * Stable: "aborted", "network", "busy", "denied", "not-found", "gone", "http", "not-fhir",
   * "malformed", "refused-link", "link-cycle", "incomplete", "bad-input", "unsupported", "conflict", "quota",
   * "store-lost", "store-failed", "damaged", "newer-format", "older-format", "wrong-key", and "internal" for a fault of this
   * package or its runtime, which its `cause` tells.
   */
  readonly code: string;
  /** The HTTP status, where a server's answer is the cause. */
  readonly status?: number;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** How many seconds the server asked to wait, where it said so. */
  readonly retryAfter?: number;
  /** The OperationOutcome that the server sent. */
  readonly outcome?: Resource;
}
