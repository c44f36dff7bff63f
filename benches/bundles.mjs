/** Pages as a FHIR server sends them: searchset and history Bundles made of the resources' own texts. */

import { ORIGIN } from "./chromium.mjs";

/** The base that the resources come from. What is pulled from memory never asks it. */
export const BASE = `${ORIGIN}/fhir`;
/** When the source began. One resource changed there every two minutes: no two in a history's overlap. */
export const EPOCH = Date.UTC(2024, 0, 1);
export const STEP = 120_000;

/** The resource's text with what a server would have put into its meta. Its other bytes stay as they are. */
export function stamped(line, time) {
  const added = `"versionId":"1","lastUpdated":"${new Date(time).toISOString()}"`;
  const { meta } = JSON.parse(line);
  if (meta?.versionId) return line;
  if (!meta) return line.replace(/^\{("resourceType":"\w+",)/, `{$1"meta":{${added}},`);
  // Only the resource's own meta can stand last: what is contained comes before.
  const at = line.lastIndexOf('"meta":{') + '"meta":{'.length;
  return `${line.slice(0, at)}${added},${line.slice(at)}`;
}

/**
 * One page.
 * @param {{ kind: "searchset" | "history", url: string, next?: string, total?: number, time: number,
 *   entries: { text: string, reference: string }[] }} page `time` is the server's, when it answered.
 * @returns {Buffer}
 */
export function bundle({ kind, url, next, total, time, entries }) {
  const link = [{ relation: "self", url }];
  if (next) link.push({ relation: "next", url: next });
  const meta = { lastUpdated: new Date(time).toISOString() };
  const head = JSON.stringify({ resourceType: "Bundle", type: kind, meta, total, link });
  const made = entries.map(({ text, reference }) => {
    const more =
      kind === "history"
        ? `"request":{"method":"PUT","url":"${reference}"},"response":{"status":"200"}`
        : `"search":{"mode":"match"}`;
    return `{"fullUrl":"${BASE}/${reference}","resource":${text},${more}}`;
  });
  return Buffer.from(`${head.slice(0, -1)},"entry":[${made.join(",")}]}`);
}
