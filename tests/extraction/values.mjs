// What the npm library `fhirpath` finds in HL7's examples by the expression of each search parameter.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fhirpath from "fhirpath";
import { alternatives } from "../../scripts/definitions/expression.mjs";
import { ROOT } from "../../scripts/run.mjs";

const require = createRequire(import.meta.url);

/** The versions of FHIR of which HL7 publishes examples as an npm package. */
export const VERSIONS = {
  r4: { examples: "hl7.fhir.r4.examples", model: require("fhirpath/fhir-context/r4") },
  r5: { examples: "hl7.fhir.r5.examples", model: require("fhirpath/fhir-context/r5") },
};

/** So many examples of a type are looked at, the first by name: some types have hundreds, all alike. */
const MOST = 300;

/** Larger files are collections of definitions. */
const LARGEST = 300_000;

/** A reference that says which type it is to: `Type/id`, relative or absolute, with a version or without. */
const TYPED = (type) => `'(^|/)${type}/[A-Za-z0-9.-]+(/_history/[^/]+)?$'`;

/**
 * The library resolves references by asking a server. Whether one resolves to a type is told by its address
 * here, and where that tells none by `Reference.type`. And `as` is for single values, by the specification of
 * FHIRPath; search parameters of R4 are written as if it filtered, which `ofType` does.
 */
function understood(expression) {
  const told = (type) => `iif(reference.matches(${TYPED("[A-Z][A-Za-z]+")}), reference.matches(${TYPED(type)}), type = '${type}')`;
  const filtered = expression.replace(/\(([^()]+?) as (\w+)\)/g, "$1.ofType($2)").replace(/\.as\(/g, ".ofType(");
  return filtered.replace(/resolve\(\) is (\w+)/g, (_, type) => told(type));
}

/**
 * The parameters of each type, from the crate's table (tests/scripts/definitions.test.mjs holds it against what
 * HL7 publishes), but for those without an expression and those that the replica's directory answers.
 */
export function parametersOf(version) {
  const { model } = VERSIONS[version];
  const table = readFileSync(join(ROOT, "src", "search", "definitions", `${version}.tsv`), "utf8");
  const types = new Map();
  let parameters;
  for (const line of table.split("\n")) {
    const [letter, code, expression] = line.split("\t");
    if (letter === "T") types.set(code, (parameters = []));
    const isParameter = /^[trdsnquc]$/.test(letter) && !["_id", "_lastUpdated"].includes(code);
    if (!isParameter || expression === "$this") continue;
    // One by one: the library's union compares values, and cannot compare quantities that have a comparator.
    const parts = alternatives(expression || code).map((part) => fhirpath.compile(understood(part), model));
    parameters.push({ code, evaluate: (resource) => parts.flatMap((part) => part(resource)) });
  }
  const common = types.get("Resource");
  types.delete("Resource");
  for (const [type, own] of types) types.set(type, [...common, ...own]);
  return types;
}

/** The examples of each type: their files. */
export function* examples(version, types) {
  const folder = dirname(require.resolve(`${VERSIONS[version].examples}/package.json`));
  const taken = new Map();
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
    const file = join(folder, name);
    const text = readFileSync(file, "utf8");
    if (text.length > LARGEST) continue;
    const resource = JSON.parse(text);
    const type = resource.resourceType;
    const count = (taken.get(type) ?? 0) + 1;
    if (!types.has(type) || count > MOST) continue;
    taken.set(type, count);
    yield { file, type, resource };
  }
}
