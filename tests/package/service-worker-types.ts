// The types of `fhir-pull/service-worker` as an application uses them. It is checked by tsc and never run.

import type { Feed, Replica } from "fhir-pull";
import { serveFromReplica, tokenClaims, type Asked, type ReadPolicy, type WorkerReplica } from "fhir-pull/service-worker";

declare const replica: Replica;
declare const definitions: string;

const feeds: Feed[] = ["Patient", { history: "Observation" }];
const policy: ReadPolicy = "cache-first";
const ofUser = ({ request, user }: Asked): WorkerReplica | undefined => {
  const { sub } = tokenClaims(request);
  const name = user ?? (typeof sub === "string" ? sub : undefined);
  return name === undefined ? undefined : { name, fhirVersion: "R5", definitions };
};

serveFromReplica({ server: "/fhir", replica: { name: "ward" } });
serveFromReplica({ server: "/fhir", replica: ofUser, policy, feeds, every: 60_000, networkTimeout: 5000, wasm: "/engine.wasm" });
serveFromReplica({
  server: "/fhir",
  replica: async (asked) => ofUser(asked),
  policy: (request) => (request.cache === "reload" ? "network-first" : "cache-first"),
  feeds: ({ user }) => (user ? feeds : undefined),
  anonymous: true,
  onError: ({ code, message }) => console.warn(code, message),
});

// @ts-expect-error: the server is given once, and for all.
serveFromReplica({ server: "/fhir", replica: { name: "ward", server: "https://r4.example.org" } });
// @ts-expect-error: there is no such policy.
serveFromReplica({ server: "/fhir", replica: { name: "ward" }, policy: "fast" });

export const covered: Promise<{ asOf: string | undefined } | undefined> = replica.covers("Patient");
export const closed: boolean = replica.closed;
