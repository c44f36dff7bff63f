// Every type of the package as an application uses it. It is checked by tsc and never run.

import {
  FhirPullError,
  openClient,
  openReplica,
  wipeReplica,
  type BatchAnswer,
  type Bundle,
  type Change,
  type CallOptions,
  type Client,
  type ClientSearchOptions,
  type CloneOptions,
  type CloneResult,
  type Feed,
  type FeedStatus,
  type FreshState,
  type ImportOptions,
  type ImportProgress,
  type ImportResult,
  type KeepFreshOptions,
  type KeptFresh,
  type OperationOptions,
  type Progress,
  type PullOptions,
  type PullResult,
  type Replica,
  type ReadOptions,
  type ReplicaOptions,
  type Resource,
  type SearchOptions,
  type ServeOptions,
  type ServerOptions,
  type Status,
  type TokenSource,
  type TypeStatus,
  type Wiped,
} from "fhir-pull";
import { fhirServer, type Authorize, type Authorized, type FhirServerSettings } from "fhir-pull/server";

const { signal } = new AbortController();
const token: TokenSource = async ({ refresh }) => (refresh ? "fresh" : undefined);
const known = { aliases: ["http://inner:8080/fhir"], concurrency: 2, timeout: 30_000 };
const server: ServerOptions = { server: "https://r4.example.org/fhir", ...known, token, fetch: (request) => fetch(request) };
const options: ReplicaOptions & CallOptions = { ...server, name: "ward-7", store: "indexeddb", versions: "all", fileOrigins: ["https://files.example.org"], worker: true, signal };
const feeds: Feed[] = ["Patient?_count=10", { search: "Observation?patient=123" }, { history: "Observation" }];

export async function replica(): Promise<void> {
  const replica: Replica = await openReplica(options);
  const shown: string = `${replica.name} ${replica.server}`;
  const pulling: PullOptions = { signal, onProgress: (progress: Progress) => progress.total?.toFixed() };
  const pulled: PullResult = await replica.pull(feeds, pulling);
  const last: Progress | undefined = pulled.feeds[0];
  const state: "pulling" | "complete" | "failed" | undefined = last?.state;

  const keeping: KeepFreshOptions = { feeds, every: 60_000, whileHidden: false, signal, onProgress: () => {} };
  const fresh: KeptFresh = replica.keepFresh({
    ...keeping,
    onState: ({ state, leader, lastPull, error }: FreshState) => void [state === "offline", leader, lastPull?.toFixed(), error?.retryAfter],
  });
  await fresh.pull();
  const next: number | undefined = fresh.state.nextPull;
  await fresh.stop();
  void next;
  // @ts-expect-error how often must be said
  replica.keepFresh({ feeds });

  const bundle: Bundle = await replica.search("Observation?patient=123", { signal });
  const resource: Resource | undefined = bundle.entry?.[0]?.resource;
  const narrowed: "Bundle" = bundle.resourceType;
  const unparsed: SearchOptions & { as: "bytes" } = { as: "bytes", signal };
  const explained = await replica.explain("Observation?patient=123", { handling: "lenient", signal });
  explained.types.flatMap(({ steps }) => steps.map(({ left }) => left.toFixed()));
  explained.reads.bytes.toFixed();
  const bytes: Uint8Array = await replica.search("Observation?patient=123", unparsed);
  const patient: Resource | undefined = await replica.read("Patient/123", { signal });
  const name: unknown = patient?.["name"];

  const cloning: CloneOptions = { signal, replace: true, token, onProgress: ({ heldBytes, totalBytes }) => void (heldBytes / totalBytes) };
  const cloned: CloneResult = await replica.cloneFrom("https://edge.example.org/fhir", cloning);
  cloned.generation.toFixed();
  const serving: ServeOptions = { base: "https://edge.example.org/fhir", within: "Patient/123", segments: "shared", signal };
  const response: Response = await replica.serve(new Request("https://edge.example.org/fhir/Patient/123"), serving);
  void response.status;

  const asOf: ReadOptions = { at: "2026-01-31T12:00:00Z", signal };
  const then: Resource | undefined = await replica.read("Patient/123", asOf);
  const past: Bundle = await replica.history("Patient/123", { signal });
  const etag: string | undefined = past.entry?.[0]?.response?.etag;
  const importing: ImportOptions = { signal, onProgress: (progress: ImportProgress) => progress.bytes.toFixed() };
  const imported: ImportResult = await replica.import(new Blob(["{}"]), importing);
  await replica.import(replica.export({ signal }));
  let since: number = imported.generation;
  for await (const change of replica.changes(since, { signal })) {
    const told: Change = change;
    since = told.deleted ? since : told.generation;
  }
  await replica.tidy({ signal });
  void [then, etag];

  const status: Status = await replica.status({ signal });
  const types: TypeStatus[] = status.types;
  const incomplete: FeedStatus[] = status.feeds.filter((feed) => !feed.complete && feed.cursor === undefined);

  const persisted: boolean = (await replica.persist({ signal })) && status.persisted;
  const left: number | undefined = status.quota === undefined ? undefined : status.quota - (status.usage ?? 0);

  const stop: () => void = replica.watch(
    "Patient",
    (bundle) => bundle.total?.toFixed(),
    (error) => error.code,
  );
  stop();
  const wiped: Wiped = await replica.wipe();
  const key: boolean = (await wipeReplica("ward-7")).key;
  await replica.close();
  void [persisted, left, shown, state, resource, narrowed, bytes, name, types, incomplete, wiped, key];

  // @ts-expect-error the name is required
  await openReplica(server);
  // @ts-expect-error no such option
  await openReplica({ ...options, tokens: "x" });
  // @ts-expect-error a number is no source
  await replica.import(7);
  // @ts-expect-error no such feed
  await replica.pull([{ type: "Observation" }]);
  // @ts-expect-error bytes are not a Bundle
  (await replica.search("Patient", unparsed)).entry;
}

export async function encrypted(): Promise<void> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await openReplica({ ...options, encrypt: key });
  await openReplica({ ...options, encrypt: true });
  // @ts-expect-error a password is no key
  await openReplica({ ...options, encrypt: "secret" });
}

export async function client(): Promise<void> {
  const client: Client = await openClient({ ...server, worker: false });
  const statement: Resource = await client.capabilities({ signal });
  const held: Resource = await client.read("Patient/123");
  const patient: Resource = await client.read("Patient/123", { held, signal });
  const version: Resource = await client.vread("Patient/123/_history/2");
  const release: "R4" | "R4B" | "R5" = await client.fhirVersion({ signal });
  const answers: BatchAnswer[] = await client.batch(["Patient/123", held], { signal });
  const known: Resource[] = answers.flatMap(({ status, resource }) => (status === 200 && resource ? [resource] : []));
  const searching: ClientSearchOptions = { method: "POST", handling: "strict", signal };
  for await (const page of client.search("Observation?patient=123", searching)) page.entry?.length;
  const invoking: OperationOptions = { parameters: { resourceType: "Parameters" }, signal };
  const outcome: Resource | undefined = await client.operation("Patient/$validate", invoking);
  void [version, release, known, outcome];
  for await (const page of client.search("Observation?patient=123", { signal })) page.entry?.length;
  for await (const page of client.history("Patient/123", { since: "2024-01-01T00:00:00Z" })) page.link?.[0]?.url;
  await client.close();
  void [statement, patient, client.server];
}

export async function serving(replica: Replica): Promise<void> {
  const authorize: Authorize = async (request): Promise<Authorized> => {
    const token = request.headers.get("authorization");
    if (token === "Bearer ward") return true;
    if (token === "Bearer late") return new Response(null, { status: 429 });
    return token === "Bearer 123" ? { within: "Patient/123" } : undefined;
  };
  const settings: FhirServerSettings = { replica: () => replica, base: "https://edge.example.org/fhir", authorize };
  const serve = fhirServer({ ...settings, cors: { origins: ["https://app.example.org"] }, segments: "shared" });
  const response: Response = await serve(new Request("https://edge.example.org/fhir/metadata"));
  void response.status;
  // @ts-expect-error who may read has to be said
  fhirServer({ replica });
  // @ts-expect-error by whom they may be kept is private (true) or shared
  fhirServer({ ...settings, segments: "public" });
  // @ts-expect-error a text is no decision
  fhirServer({ replica, authorize: () => "yes" });
}

export function failed(error: unknown): string {
  if (!(error instanceof FhirPullError)) return "other";
  const outcome: Resource | undefined = error.outcome;
  const name: "FhirPullError" = error.name;
  return `${name} ${error.code} ${error.status?.toFixed()} ${error.retryable} ${outcome?.resourceType}`;
}
