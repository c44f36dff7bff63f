// The rule of the house: a file in src/ uses the floors below its own, never one above or beside.

import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { filesBelow } from "./files.mjs";
import { Failure, ROOT } from "./run.mjs";

/** From the ground up; the modules of one floor do not know each other. */
const FLOORS = [["error"], ["fhir"], ["search", "host"], ["replica", "client"], ["pull", "push", "serve"], ["js"]];

const FLOOR_OF = new Map(FLOORS.flatMap((modules, floor) => modules.map((module) => [module, floor])));

/** Fails with a line for each use that goes up or sideways. */
export function checkFloors() {
  const src = join(ROOT, "src");
  const wrong = filesBelow(src)
    .filter((file) => file.endsWith(".rs"))
    .flatMap((file) => usesUpward(relative(src, file), readFileSync(file, "utf8")));
  if (wrong.length > 0) throw new Failure(`A floor uses only the floors below it (src/lib.rs):\n  ${wrong.join("\n  ")}`);
}

/**
 * @param {string} file Relative to src/.
 * @param {string} source
 * @returns {string[]} A sentence for each module that the file must not use.
 */
export function usesUpward(file, source) {
  const own = file.split(sep)[0].replace(/\.rs$/, "");
  if (own === "lib") return [];
  const floor = FLOOR_OF.get(own);
  if (floor === undefined) return [`src/${file}: "${own}" is on no floor of scripts/floors.mjs`];
  const used = [...modulesUsed(withoutComments(source))].filter((module) => module !== own && FLOOR_OF.has(module));
  return used.filter((module) => FLOOR_OF.get(module) >= floor).map((module) => `src/${file} uses ${module}/`);
}

/** The first names of all paths that begin with `crate::`, those in braces included. */
function modulesUsed(source) {
  const modules = new Set();
  for (const { 0: start, index } of source.matchAll(/\bcrate::\s*/g)) {
    const rest = source.slice(index + start.length);
    const names = rest.startsWith("{") ? namesInBraces(rest) : [/^\w+/.exec(rest)?.[0]];
    for (const name of names) modules.add(name);
  }
  return modules;
}

/** Of `{a::b, c::{d, e}}`: a and c. */
function namesInBraces(text) {
  const names = [];
  let depth = 0;
  for (const [token] of text.matchAll(/[{}]|,|\w+(?:::\w+)*/g)) {
    if (token === "{") depth += 1;
    else if (token === "}") depth -= 1;
    else if (token !== "," && depth === 1) names.push(token.split("::")[0]);
    if (depth === 0) break;
  }
  return names;
}

function withoutComments(source) {
  return source.replace(/\/\/.*$/gm, "");
}
