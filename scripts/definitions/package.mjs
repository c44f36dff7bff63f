// HL7's own npm packages of the FHIR versions: installed where they are missing, and read.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { ROOT, run } from "../run.mjs";

const require = createRequire(import.meta.url);

/** The FHIR versions that have a table, and the package (CC0) whose definitions it is made of. */
export const VERSIONS = [
  // A devDependency: tests read its examples.
  { table: "r4", version: "4.0.1", package: "hl7.fhir.r4.examples" },
  { table: "r4b", version: "4.3.0", package: "hl7.fhir.r4b.core" },
  { table: "r5", version: "5.0.0", package: "hl7.fhir.r5.core" },
];

/** For the packages that nothing else needs: they are too big for every `npm ci`. */
const FOLDER = join(ROOT, "target", "definitions");

/** The folder of a version's package, or `undefined` where it is not installed. */
export function installed({ package: name, version }) {
  const folders = [join(FOLDER, "node_modules", name)];
  try {
    folders.push(dirname(require.resolve(`${name}/package.json`)));
  } catch {
    // Not among the devDependencies.
  }
  return folders.find((folder) => existsSync(folder) && readJson(join(folder, "package.json")).version === version);
}

/** Installs the packages that are missing, through npm, in exactly their versions. */
export async function installMissing() {
  const missing = VERSIONS.filter((version) => installed(version) === undefined);
  if (missing.length === 0) return;
  const packages = missing.map(({ package: name, version }) => `${name}@${version}`);
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  await run(npm, ["install", "--prefix", FOLDER, "--no-audit", "--no-fund", "--ignore-scripts", ...packages], {
    advice: "The definitions come from HL7's packages in the npm registry.",
  });
}

/** All resources of one type in a package's folder, in the order of their files' names. */
export function resources(folder, type) {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${type}-`) && file.endsWith(".json"))
    .sort()
    .map((file) => readJson(join(folder, file)))
    // An example of another type may have a name that begins so.
    .filter((resource) => resource.resourceType === type);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
