/**
 * The set to ingest, held in memory: Synthea's resources, one of a hundred of them changed later,
 * and the answers before and after. pages.mjs makes a server's pages of them.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { RightAnswers, isOfCode } from "../answers.mjs";
import { EPOCH, STEP, stamped } from "../bundles.mjs";
import { generatedLines } from "./generated.mjs";
import { pagesOf } from "./pages.mjs";

const CHANGES_EVERY = 100;
const YEAR = /^\d{4}/;
const LATER = 20;

/**
 * @param {{ root: string, limit: number, log: (sentence: string) => void }} options The project's
 *   folder, and how many resources at most, each type in its share; `Infinity` for all.
 * @returns `pages` by kind: `search` and `history` hold all, `update` the history of what changed.
 *   `jsonBytes` counts the resources alone, without what the Bundles put around them.
 */
export async function makeSet({ root, limit, log }) {
  const byType = await lines({ root, limit, log });
  const held = [...byType.values()].reduce((sum, of) => sum + of.length, 0);
  const share = Math.min(1, limit / held);
  const before = new RightAnswers();
  const after = new RightAnswers();
  const all = new Map();
  const changed = new Map();
  let resources = 0;
  let jsonBytes = 0;
  for (const [type, of] of byType) {
    const taken = of.slice(0, Math.floor(of.length * share)).map((line, n) => {
      const text = stamped(line, EPOCH + (resources + n) * STEP);
      return { type, text, resource: JSON.parse(text) };
    });
    if (!taken.every(({ resource }) => resource.meta.versionId && resource.meta.lastUpdated)) {
      throw new Error(`A ${type} of the set could not be given a versionId.`);
    }
    const renewed = changes(taken, EPOCH + held * STEP);
    for (const { resource } of taken) before.add(resource);
    taken.forEach(({ resource }, n) => after.add((renewed.get(n) ?? taken[n]).resource));
    all.set(type, taken);
    changed.set(type, [...renewed.values()]);
    resources += taken.length;
    jsonBytes += taken.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  }
  const pages = pagesOf({ all, changed, end: EPOCH + held * STEP });
  return { pages, resources, jsonBytes, answers: before.result(), answersAfter: after.result() };
}

/**
 * What changes of a type: every hundredth resource, among the Observations one of the code that is
 * asked for. An Observation is moved by years, so that it takes another place in its index.
 * @returns {Map<number, { type: string, text: string, resource: object }>} By the place in the type.
 */
function changes(taken, time) {
  const first = Math.max(0, taken.findIndex(({ resource }) => isOfCode(resource)));
  const renewed = new Map();
  for (let n = first % CHANGES_EVERY; n < taken.length; n += CHANGES_EVERY) {
    const { type, resource } = taken[n];
    const { meta, effectiveDateTime } = resource;
    const next = { ...resource, meta: { ...meta, versionId: "2", lastUpdated: new Date(time + n * STEP).toISOString() } };
    if (effectiveDateTime) next.effectiveDateTime = effectiveDateTime.replace(YEAR, (year) => Number(year) + LATER);
    renewed.set(n, { type, text: JSON.stringify(next), resource: next });
  }
  return renewed;
}

/** The resources of each type, one JSON text each: those of an archive of Synthea's where it is, else generated ones. */
export async function lines({ root, limit, log, name = "synthea-615" }) {
  const archive = path.join(root, "..", "shared", "data", `${name}.tar.xz`);
  if (!existsSync(archive)) {
    log("The Synthea archive is not beside the project: taking generated patients of a like size instead.");
    return generatedLines(limit);
  }
  const folder = path.join(root, "target", "bench-data", name);
  if (!existsSync(folder)) await unpack(archive, folder);
  const byType = new Map();
  for (const file of (await ndjsonFiles(folder)).sort()) {
    const text = await readFile(file, "utf8");
    byType.set(path.basename(file, ".ndjson"), text.split("\n").filter(Boolean));
  }
  return byType;
}

async function unpack(archive, folder) {
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  await promisify(execFile)("tar", ["-xJf", archive, "-C", part]);
  await rename(part, folder);
}

async function ndjsonFiles(folder) {
  const found = await readdir(folder, { recursive: true });
  return found.filter((name) => name.endsWith(".ndjson")).map((name) => path.join(folder, name));
}
