// The CapabilityStatement: what this server does, for the types that it holds.

import { readFileSync } from "node:fs";

const KINDS = { t: "token", r: "reference", d: "date", s: "string", n: "number", q: "quantity", u: "uri", c: "composite" };

/** The search parameters that the replica answers, by resource type; from the crate's own table. */
const PARAMETERS = new Map();
{
  const table = readFileSync(new URL("../../src/search/definitions/r4.tsv", import.meta.url), "utf8");
  let parameters = [];
  for (const line of table.trimEnd().split("\n")) {
    const [first, name] = line.split("\t");
    if (first === "T") PARAMETERS.set(name, (parameters = []));
    else if (first in KINDS) parameters.push({ name, type: KINDS[first] });
  }
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
