// The entry for an application's service worker, where nothing can be imported later on: WebAssembly's JavaScript and
// the definitions of R4 are in the worker's own scripts, and the WebAssembly itself in Cache Storage.

import r4 from "./definitions/r4.js";
import { FhirPullError, badInput } from "./errors.js";
import { Intercept } from "./intercept.js";
import { KeptWasm } from "./kept-wasm.js";
import { opener } from "./open.js";
import { checked, checkedFeeds } from "./options.js";
import * as wasm from "./wasm/fhir_pull.js";

export { FhirPullError } from "./errors.js";
export { tokenClaims } from "./token-claims.js";

/** Filled in by scripts/build.mjs: a digest of the WebAssembly. */
const BUILD = FHIR_PULL_BUILD;

const EVERY_MS = 300_000;

/** See service-worker.d.ts. */
export function serveFromReplica(options) {
  const { wasm: given, ...settings } = settingsOf(options);
  const isAddress = given === undefined || typeof given === "string" || given instanceof URL;
  // Only where it is not given: bundlers that make classic scripts leave no import.meta.
  const address = () => new URL(given ?? new URL("./wasm/fhir_pull_bg.wasm", import.meta.url), self.location.href);
  const kept = isAddress ? new KeptWasm(address, BUILD) : undefined;
  const tables = { R4: r4 };
  const { openReplica } = opener({
    definitionsOf: async (version) => tables[version] ?? missing(version),
    load: async () => {
      try {
        await wasm.default({ module_or_path: kept ? kept.response() : given });
      } catch (thrown) {
        await kept?.drop();
        throw thrown;
      }
      return wasm;
    },
  });
  const open = async ({ definitions, ...replica }) => {
    if (definitions !== undefined) tables[replica.fhirVersion] = definitions;
    return openReplica(replica);
  };

  new Intercept(settings, open).listen(self);
  if (!kept) return;
  // An installation that has no network for this must not fail: what is missing is fetched when it is first needed.
  const keep = () => kept.response().then(() => {}, (thrown) => settings.onError(unkept(thrown)));
  self.addEventListener("install", (event) => event.waitUntil(keep()));
  self.addEventListener("activate", (event) => event.waitUntil(kept.tidy()));
}

/** The options, each checked, with all that has a default. */
function settingsOf({ policy = "network-first", feeds, server, ...rest } = {}) {
  const isText = typeof server === "string" && URL.canParse(server, self.location.href);
  const url = isText ? new URL(server, self.location.href) : undefined;
  const fixed = typeof policy === "function" ? undefined : policy;
  checked("serveFromReplica", { ...rest, server: url?.href, policy: fixed, feeds }, {
    required: ["server", "replica"],
    optional: ["policy", "feeds", "every", "anonymous", "networkTimeout", "wasm", "onError"],
  });
  if (typeof feeds !== "function") checkedFeeds("serveFromReplica", feeds);
  const base = url.origin + url.pathname.replace(/\/+$/, "");
  return { every: EVERY_MS, anonymous: false, onError: warn, ...rest, policy, feeds, base };
}

function missing(version) {
  throw badInput(
    `serveFromReplica: give the definitions of ${version} along with fhirVersion: ` +
      `import definitions from "fhir-pull/definitions/${version.toLowerCase()}".`,
  );
}

function unkept(cause) {
  const sentence =
    "The WebAssembly of fhir-pull could not be kept for when there is no network. It must be beside this script as " +
    "wasm/fhir_pull_bg.wasm, or where the option `wasm` says.";
  return new FhirPullError(sentence, { code: "network", retryable: true, cause });
}

/** A sentence with neither resource content nor token. */
function warn({ code, message }) {
  console.warn(`fhir-pull (${code}): ${message}`);
}
