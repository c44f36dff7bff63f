/**
 * The set to ingest: Synthea's resources as the pages of searchset Bundles that a server would
 * send, held in memory, and the questions that go with them.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { rightAnswers } from "./answers.mjs";
import { generatedLines } from "./generated.mjs";

/** A base that nothing on a network answers. */
export const BASE = "http://bench.invalid/fhir";
const PAGE = 1000;
const EPOCH = Date.UTC(2026, 0, 1);

/**
 * @param {string} root The project's folder.
 * @param {number} limit How many resources at most, each type in its share; `Infinity` for all.
 * @returns {Promise<{ pages: { url: string, type: string, resources: number, bytes: Buffer }[],
 *   types: string[], resources: number, jsonBytes: number, answers: object }>}
 *   `jsonBytes` counts the resources alone, without what the Bundles put around them.
 */
export async function makePages({ root, limit, log }) {
  const byType = await lines({ root, limit, log });
  const held = [...byType.values()].reduce((sum, of) => sum + of.length, 0);
  const share = Math.min(1, limit / held);
  const pages = [];
  const parsed = [];
  let jsonBytes = 0;
  for (const [type, all] of byType) {
    const taken = all.slice(0, Math.floor(all.length * share));
    const texts = taken.map((line, n) => stamp(line, EPOCH + parsed.length + n));
    const resources = texts.map((text) => JSON.parse(text));
    if (!resources.every(({ meta }) => meta.versionId && meta.lastUpdated)) {
      throw new Error(`A ${type} of the set could not be given a versionId.`);
    }
    for (let from = 0; from < texts.length; from += PAGE) {
      pages.push(page(type, texts, resources, from));
    }
    for (const resource of resources) parsed.push(resource);
    jsonBytes += texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  }
  return {
    pages,
    types: [...byType.keys()],
    resources: parsed.length,
    jsonBytes,
    answers: rightAnswers(parsed),
  };
}

/** The resources of each type, one JSON text each: Synthea's where they are, else generated ones. */
async function lines({ root, limit, log }) {
  const archive = path.join(root, "..", "shared", "data", "synthea-615.tar.xz");
  if (!existsSync(archive)) {
    log("The Synthea archive is not beside the project: taking generated patients of a like size instead.");
    return generatedLines(limit);
  }
  const folder = path.join(root, "target", "bench-data", "synthea-615");
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

/** The resource with what a server would have put into its meta. Its other bytes stay as they are. */
function stamp(line, time) {
  const stamped = `"versionId":"1","lastUpdated":"${new Date(time).toISOString()}"`;
  const { meta } = JSON.parse(line);
  if (meta?.versionId) return line;
  if (!meta) return line.replace(/^\{("resourceType":"\w+",)/, `{$1"meta":{${stamped}},`);
  // Only the resource's own meta can stand last: what is contained comes before.
  const at = line.lastIndexOf('"meta":{') + '"meta":{'.length;
  return `${line.slice(0, at)}${stamped},${line.slice(at)}`;
}

function page(type, texts, resources, from) {
  const here = texts.slice(from, from + PAGE);
  const url = (offset) => `${BASE}/${type}?_count=${PAGE}${offset ? `&_offset=${offset}` : ""}`;
  const link = [{ relation: "self", url: url(from) }];
  if (from + PAGE < texts.length) link.push({ relation: "next", url: url(from + PAGE) });
  const head = JSON.stringify({
    resourceType: "Bundle",
    type: "searchset",
    meta: { lastUpdated: new Date(EPOCH + 3_600_000).toISOString() },
    total: texts.length,
    link,
  });
  const entries = here.map((text, n) => {
    const fullUrl = `${BASE}/${type}/${resources[from + n].id}`;
    return `{"fullUrl":"${fullUrl}","resource":${text},"search":{"mode":"match"}}`;
  });
  const bytes = Buffer.from(`${head.slice(0, -1)},"entry":[${entries.join(",")}]}`);
  return { url: url(from), type, resources: here.length, bytes };
}
