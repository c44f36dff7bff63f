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
 * Gives the bearer token to send, or nothing for no token. Asked before every request;
 * with `refresh` after the server refused the last one, once per request.
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
  token?: TokenSource | undefined;
  /** Used instead of the global `fetch`; called with one `Request`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

export interface ReplicaOptions extends ServerOptions {
  /** Names the replica on this device; one server and one user each. */
  name: string;
  /** Where it is kept. Default: `"indexeddb"` where there is one, else `"memory"`. */
  store?: "indexeddb" | "memory" | undefined;
  /**
   * Encrypts all that is stored, and hides the name: AES-GCM by WebCrypto, so only over HTTPS. With a `CryptoKey` of the
   * application (AES-GCM, to encrypt and decrypt; best not extractable), such as one derived when the user signs in,
   * nobody reads the browser's files without that key. With `true` the package makes one and keeps it in the
   * same profile: that stops a casual reader of files, not whoever takes the whole profile. Neither stops a script of the
   * same origin, which can ask the replica. Changing between keys, or to or from none, takes a `wipe` and a pull.
   */
  encrypt?: CryptoKey | true | undefined;
  /**
   * Which versions are kept: the current one of each resource, or all that were pulled.
   * Default: those that the replica keeps already; of a new one the current.
   */
  versions?: "current" | "all" | undefined;
  /** The server's version of FHIR, the same each time: whose search parameters are indexed. Without it: `"R4"`. */
  fhirVersion?: "R4" | "R4B" | "R5" | undefined;
  /**
   * Search parameters beside or instead of FHIR's own: of a profile, of a hospital. Composite ones are not taken.
   * With others than the last time, what is held is indexed anew: at the next pull, or when it is first searched.
   */
  searchParameters?: Resource[] | undefined;
  /** Whether the engine runs in a dedicated worker. Default: wherever there are workers to be had. */
  worker?: boolean | undefined;
}

/**
 * What to pull: a search (`"Observation?patient=123"`), or history: of a type (`"Observation"`),
 * of one resource (`"Patient/123"`), or of the whole server (`"*"`).
 */
export type Feed = string | { search: string } | { history: string };

export interface Progress {
  /** The feed as text: `"Observation?patient=123"` or `"Observation/_history"`. */
  feed: string;
  state: "pulling" | "complete" | "failed";
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
  /** Bytes of the answers' bodies. */
  bytes: number;
  /** How many the server said there would be, where it said so. An estimate. */
  total?: number;
  /** Since this feed's pull began. */
  milliseconds: number;
}

export interface PullOptions extends CallOptions {
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface PullResult {
  /** The last progress of each feed, in the order given. */
  feeds: Progress[];
  /** The generation that holds all of it. */
  generation: number;
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
  store: "indexeddb" | "memory";
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
  /** Pulls these feeds and commits as it goes. What was committed stays when it fails or is aborted. */
  pull(feeds: Feed[], options?: PullOptions): Promise<PullResult>;
  /** Answers a FHIR search from the replica alone: a searchset Bundle. */
  search(query: string, options: SearchOptions & { as: "bytes" }): Promise<Uint8Array>;
  search(query: string, options?: SearchOptions & { as?: undefined }): Promise<Bundle>;
  /** How a search is answered: its conditions in the order in which they are asked, what each leaves, what was read. */
  explain(query: string, options?: CallOptions & { handling?: "strict" | "lenient" | undefined }): Promise<Explanation>;
  /**
   * The resource as the server sent it, or `undefined` when the replica does not hold it (which
   * does not mean that the server has none). Rejects with `code: "gone"` when it was deleted.
   * `"Patient/123"` is the current version, or the one current `at` a time, `"Patient/123/_history/2"` that version.
   */
  read(reference: string, options?: ReadOptions): Promise<Resource | undefined>;
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
   * a pull. A line that is no resource rejects with its number, and what came before it stays.
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
  /** Merges what many small commits have left, now. After a pull or an import it is done by itself. */
  tidy(options?: CallOptions): Promise<void>;
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

/** Reads from a FHIR server without keeping anything. */
export interface Client {
  readonly server: string;
  capabilities(options?: CallOptions): Promise<Resource>;
  read(reference: string, options?: CallOptions): Promise<Resource>;
  /** The pages of a search, each as the server sent it. */
  search(query: string, options?: CallOptions): AsyncIterableIterator<Bundle>;
  /** The pages of a history: `"Patient/123"`, `"Patient"` or `"*"`. */
  history(of: string, options?: CallOptions & { since?: string | undefined }): AsyncIterableIterator<Bundle>;
  close(): Promise<void>;
}

export function openReplica(options: ReplicaOptions & CallOptions): Promise<Replica>;
/**
 * Removes the replica of this name without opening it, in IndexedDB, encrypted or not: also one whose key
 * is lost.
 */
export function wipeReplica(name: string): Promise<Wiped>;
export function openClient(options: ServerOptions & { worker?: boolean | undefined }): Promise<Client>;

/** Every rejection of this package. */
export class FhirPullError extends Error {
  readonly name: "FhirPullError";
  /**
   * Stable: "aborted", "network", "busy", "denied", "not-found", "gone", "http", "not-fhir",
   * "malformed", "refused-link", "link-cycle", "bad-input", "unsupported", "conflict", "quota",
   * "store-lost", "store-failed", "damaged", "newer-format", "older-format", "wrong-key", and "internal" for a fault of this
   * package or its runtime, which its `cause` tells.
   */
  readonly code: string;
  /** The HTTP status, where a server's answer is the cause. */
  readonly status?: number;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** The OperationOutcome that the server sent. */
  readonly outcome?: Resource;
}
