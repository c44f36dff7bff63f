/** What the bench's replicas hold: whole records of Synthea's patients, so that no reference leads nowhere. */

import { EPOCH, STEP, stamped } from "../bundles.mjs";
import { lines } from "../ingest/set.mjs";
import { patientOf } from "../search/clinical.mjs";

/**
 * @param {{ root: string, name: string, limit: number, log: (sentence: string) => void }} options The archive, and how many
 *   resources are enough: no further patient is taken then.
 * @returns {Promise<import("../pull/source.mjs").Version[]>} The resources, newest first, with what a server adds to them.
 */
export async function wholeRecords({ root, name, limit, log }) {
  const byType = await lines({ root, name, limit, log });
  const shared = [];
  const records = new Map();
  for (const [type, of] of byType) {
    for (const line of of) {
      const resource = JSON.parse(line);
      const { id } = resource;
      const patient = type === "Patient" ? `Patient/${id}` : patientOf(resource);
      const held = { type, reference: `${type}/${id}`, line };
      if (!patient) shared.push(held);
      else if (records.has(patient)) records.get(patient).push(held);
      else records.set(patient, [held]);
    }
  }
  const taken = shared;
  for (const record of records.values()) {
    if (taken.length >= limit) break;
    taken.push(...record);
  }
  return taken
    .map(({ type, reference, line }, n) => ({ type, reference, time: EPOCH + n * STEP, text: stamped(line, EPOCH + n * STEP) }))
    .reverse();
}
