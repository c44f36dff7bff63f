// Reduces HL7's SearchParameter definitions to the table that the crate compiles in.
//
//   node scripts/definitions.mjs          writes src/search/r4.tsv
//
// The definitions come from the npm package hl7.fhir.r4.examples (CC0). A row is one parameter of
// one resource type: type, code, kind, expression and, for references, the types they may point to.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

// The parameters that the replica answers so far; without this filter the table is complete.
const CODES = new Set(["patient", "subject", "code", "date", "name", "birthdate"]);

const require = createRequire(import.meta.url);
const source = dirname(require.resolve("hl7.fhir.r4.examples/package.json"));

/** The parts of a FHIRPath union, at its top level only. */
function unionParts(expression) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= expression.length; at += 1) {
    const character = expression[at] ?? "|";
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (character === "|" && depth === 0) {
      parts.push(expression.slice(start, at).trim());
      start = at + 1;
    }
  }
  return parts;
}

function rowsOf(parameter) {
  const rows = [];
  for (const type of parameter.base) {
    // A part belongs to the type it starts with; one that starts with an element belongs to each.
    const ours = unionParts(parameter.expression).filter((part) => {
      const first = part.replace(/^\(+/, "").split(/[.\s]/)[0];
      return first === type || /^[a-z]/.test(first);
    });
    if (ours.length === 0) continue;
    const targets = parameter.type === "reference" ? (parameter.target ?? []).join(",") : "";
    rows.push([type, parameter.code, parameter.type, ours.join(" | "), targets].join("\t"));
  }
  return rows;
}

const definitions = (kind) =>
  readdirSync(source)
    .filter((file) => file.startsWith(`${kind}-`))
    .map((file) => JSON.parse(readFileSync(join(source, file), "utf8")));

const parameters = definitions("SearchParameter")
  // The package also carries examples of how to write a SearchParameter; they define nothing.
  .filter((parameter) => parameter.url.startsWith("http://hl7.org/fhir/SearchParameter/"))
  .filter((parameter) => !parameter.id.startsWith("example"));

const rows = parameters
  .filter((parameter) => CODES.has(parameter.code) && parameter.expression)
  .flatMap(rowsOf);
// A type without any of them is still a type: its row has nothing but the name.
const types = definitions("StructureDefinition")
  .filter((type) => type.kind === "resource" && !type.abstract && type.derivation === "specialization")
  .map((type) => type.type);
const bare = types.filter((type) => !rows.some((row) => row.startsWith(`${type}\t`)));

const unique = [...new Set([...rows, ...bare])].sort();
writeFileSync(new URL("../src/search/r4.tsv", import.meta.url), `${unique.join("\n")}\n`);
console.log(`src/search/r4.tsv: ${rows.length} parameters, ${bare.length === 0 ? "no" : new Set(bare).size} types without`);
