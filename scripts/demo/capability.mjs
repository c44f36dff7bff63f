// The CapabilityStatement: what this server does, for the types that it holds.

import { readFileSync } from "node:fs";

/** The search parameters that the replica answers, by resource type; the crate's own table. */
const PARAMETERS = new Map();
for (const row of readFileSync(new URL("../../src/search/r4.tsv", import.meta.url), "utf8").trimEnd().split("\n")) {
  const [type, name, kind] = row.split("\t");
  if (!PARAMETERS.has(type)) PARAMETERS.set(type, []);
  if (name) PARAMETERS.get(type).push({ name, type: kind });
}

const INTERACTIONS = ["read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type"];

/** @param {import("./log.mjs").Log} log */
export function capabilityStatement(log, base) {
  return JSON.stringify({
    resourceType: "CapabilityStatement",
    status: "active",
    date: "2025-06-30",
    kind: "instance",
    software: { name: "fhir-pull demo server" },
    implementation: { description: "Invented patients and HL7's R4 examples, in memory", url: base },
    fhirVersion: "4.0.1",
    format: ["json"],
    rest: [
      {
        mode: "server",
        security: { cors: true },
        resource: log.types().map((type) => ({
          type,
          interaction: INTERACTIONS.map((code) => ({ code })),
          versioning: "versioned",
          readHistory: true,
          updateCreate: true,
          conditionalRead: "full-support",
          searchParam: [
            { name: "_id", type: "token" },
            { name: "_lastUpdated", type: "date" },
            ...(PARAMETERS.get(type) ?? []),
          ],
        })),
        interaction: [{ code: "history-system" }],
      },
    ],
  });
}
