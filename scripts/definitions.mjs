// Reduces HL7's definitions to the tables that the crate compiles in.
//
//   node scripts/definitions.mjs          writes src/search/definitions/{r4,r4b,r5}.tsv
//
// A table is text, UTF-8, a line for each thing. Fields are separated by one tab; empty fields at the
// end of a line are left out. The first field says what the line is:
//
//   V <version>                  Of FHIR; the first line.
//   T <type>                     Begins a resource type: first Resource, whose lines hold for every
//                                type, then all concrete types by name.
//   C <type> <codes>             The type is in this type's compartment by these parameters, separated
//                                by commas; {def} where a resource is in its own.
//   S <elements>                 The summary's elements. With parentheses, only these children (and
//                                modifierExtension) of an element; with empty ones, the same children
//                                as the element around it; without, the element whole. A choice of
//                                types ends with [x], as in FHIR. Beside them are Resource's.
//   M <elements>                 Elements at the top that are mandatory or modifiers, beside Resource's.
//   <kind> <code> <expression> <more>
//                                A search parameter: t token, r reference, d date, s string, n number,
//                                q quantity, u uri, c composite, x special. By code.
//
// The expression is HL7's FHIRPath, for this type and from its root ($this), the alternatives joined
// by " | "; empty where it is the code. What is more: for a reference the types it may point to,
// separated by commas, or * for every type; for a composite its components, separated by ";", each
// the code of a parameter of the type, ":" and an expression from what the composite's finds; for a
// token the code system that its elements of datatype code imply, where it is one for all.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { VERSIONS, installMissing, installed, resources } from "./definitions/package.mjs";
import { tableOf } from "./definitions/table.mjs";
import { ROOT, main } from "./run.mjs";

const FOLDER = join(ROOT, "src", "search", "definitions");

await main(import.meta.url, async () => {
  await installMissing();
  mkdirSync(FOLDER, { recursive: true });
  for (const version of VERSIONS) {
    const folder = installed(version);
    const { lines, notes } = tableOf(version.version, (type) => resources(folder, type));
    const text = `${lines.join("\n")}\n`;
    writeFileSync(join(FOLDER, `${version.table}.tsv`), text);
    console.log(`${version.table}.tsv: ${lines.length} lines, ${brotliCompressSync(text).length} bytes of brotli`);
    for (const note of notes) console.log(`  ${note}`);
  }
});
