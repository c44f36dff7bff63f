/** The set to ingest where Synthea's is not at hand: patients of the project's own generator. */

import { patientRecords, sharedResources } from "../../scripts/demo/population.mjs";

/** As many as Synthea's set holds. */
const MOST = 148_203;

/**
 * @param {number} limit How many resources at most.
 * @returns {Map<string, string[]>} The resources of each type, one JSON text each.
 */
export function generatedLines(limit) {
  const byType = new Map();
  let left = Math.min(limit, MOST);
  for (const resource of generated()) {
    const { resourceType } = resource;
    if (!byType.has(resourceType)) byType.set(resourceType, []);
    byType.get(resourceType).push(JSON.stringify(resource));
    left -= 1;
    if (!left) break;
  }
  return byType;
}

function* generated() {
  yield* sharedResources();
  yield* patientRecords({ patients: Infinity });
}
