/** What `fhir-pull/server` gives: a FHIR server for reading over a replica, for a worker at an edge, Node, Deno or Bun. */

import type { Replica } from "./index.js";

/**
 * Who may read what, by the request (its body unread): `true` everything; `{ within }` what is in that compartment,
 * such as `"Patient/123"`; a `Response` is sent in place of an answer; nothing (`undefined`, `false`, `null`) is 401.
 * Anything else that it gives, and what it throws, is 500 (503 where the error is `retryable`), and nothing of it is told.
 */
export type Authorize = (request: Request) => Authorized | Promise<Authorized>;

export type Authorized = boolean | { within: string } | Response | null | undefined;

export interface FhirServerSettings {
  /** The replica, or what gives it: called for each request that may read. */
  replica: Replica | Promise<Replica> | (() => Replica | Promise<Replica>);
  /** Where this server is to be found, which its links begin with. Default: the replica's `server`. */
  base?: string | undefined;
  /** Asked for each request, `metadata` included; only the preflights of browsers go without. There is no default. */
  authorize: Authorize;
  /**
   * Whether pages of other origins may ask: of all, or of some. They send a token; cookies are not taken.
   * Default: `false`, no page of another origin.
   */
  cors?: boolean | { origins: string[] } | undefined;
  /**
   * Whether others may `cloneFrom` this server what the replica consists of: `true`, and their browsers may keep the
   * parts; `"shared"`, and so may a CDN, which then has to see to it by itself who gets them, since neither this server
   * nor `authorize` is asked again. Who is narrowed gets none of it (403). Default: `false`.
   */
  segments?: boolean | "shared" | undefined;
}

/** Answers FHIR REST requests from a replica. Throws at once where the settings are wrong. */
export function fhirServer(settings: FhirServerSettings): (request: Request) => Promise<Response>;
