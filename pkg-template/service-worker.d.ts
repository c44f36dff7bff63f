/**
 * What `fhir-pull/service-worker` gives the service worker of a web application, so that its FHIR client, asking its
 * usual server, is answered from a replica where that can be. Scripts of service workers are typed by `lib.webworker`.
 */

import type { Feed, FhirPullError, GetOptions, ReplicaOptions } from "./index.js";

export type { FhirPullError } from "./index.js";

/** See `GetOptions.policy`. A search is answered from the replica only where that holds all that it asks for. */
export type ReadPolicy = NonNullable<GetOptions["policy"]>;

/** What `openReplica` takes, but for what is given here once or is not to be had in a service worker. */
export type WorkerReplica = Omit<ReplicaOptions, "server" | "worker"> & {
  /** Of `fhirVersion`, unless that is R4: what `fhir-pull/definitions/r4b` or `.../r5` has. */
  definitions?: string | undefined;
};

/** For whom a replica is wanted. */
export interface Asked {
  /**
   * The application's request, without its body; none for a pull that happens by itself (`sync`, `periodicsync`, a message).
   */
  request: Request | undefined;
  /** Whom a page has named by the message `{ "fhir-pull": "signed-in", user }`, also before the worker was last started. */
  user: string | undefined;
}

export interface ServeFromReplicaOptions {
  /** The base URL that the application asks, absolute or as the worker's own address has it (`"/fhir"`). */
  server: string;
  /**
   * The replica that answers, or a function that says whose that is: one replica, one user. Where it gives none, requests
   * go to the server untouched.
   */
  replica: WorkerReplica | ((asked: Asked) => WorkerReplica | undefined | Promise<WorkerReplica | undefined>);
  /** Where an answer comes from, or a function that says so for each request. Default: `"network-first"`. */
  policy?: ReadPolicy | ((request: Request) => ReadPolicy) | undefined;
  /**
   * What the worker pulls itself: when the application asks something and the last pull is `every` ago, after it wrote
   * something, at `sync` and `periodicsync` events with the tag `"fhir-pull"`, and at the message `{ "fhir-pull": "pull" }`.
   * Without it pages pull, by `openReplica` with the same name. As a function it is asked once for each replica.
   */
  feeds?: Feed[] | ((asked: Asked) => Feed[] | undefined | Promise<Feed[] | undefined>) | undefined;
  /** How many milliseconds after a pull the next is due. Default: 300000. */
  every?: number | undefined;
  /**
   * Whether requests without an Authorization header are answered too: for open servers, and where cookies say who
   * asks. Default: false, since the server would refuse them.
   */
  anonymous?: boolean | undefined;
  /** For so many milliseconds the server's answer is waited for before the replica's is given. Default: as the browser does. */
  networkTimeout?: number | undefined;
  /**
   * The address of `fhir-pull/wasm/fhir_pull_bg.wasm`, for bundlers that don't see to it, or the WebAssembly itself. What
   * has an address is kept in Cache Storage when the worker is installed.
   */
  wasm?: string | URL | WebAssembly.Module | BufferSource | undefined;
  /** Hears what went wrong with the replica; the application is then answered by the server. Default: a line on the console. */
  onError?: ((error: FhirPullError) => void) | undefined;
}

/**
 * Adds the listeners; call it while the worker's script is first run. What it answers has the header `fhir-pull-from`
 * (`"replica"`; `"service-worker"` for the 504 where there is neither) and `fhir-pull-as-of` (see `Answer.asOf`). What
 * has none came from the server as it is.
 */
export function serveFromReplica(options: ServeFromReplicaOptions): void;

/** The claims of the bearer token that a request has, where that is a JWT; unverified. Else an empty object. */
export function tokenClaims(request: Request | undefined): Record<string, unknown>;
