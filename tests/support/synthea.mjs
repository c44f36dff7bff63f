// Resources to fill a real server with: some of Synthea's patients with all that belongs to them, or,
// where that data is not beside the project, patients of the project's own generator.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { patientRecords, sharedResources } from "../../scripts/demo/population.mjs";

const ARCHIVE = fileURLToPath(new URL("../../../shared/data/synthea-100.tar.xz", import.meta.url));

/**
 * @param {number} patients How many.
 * @returns {{ source: string, resources: { resourceType: string, id: string }[] }} Complete: no reference dangles.
 */
export function patientData(patients) {
  if (!existsSync(ARCHIVE)) {
    const resources = [...sharedResources({ seed: 7 }), ...patientRecords({ patients, seed: 7 })];
    return { source: "the project's generator", resources };
  }
  const lines = execFileSync("tar", ["-xJOf", ARCHIVE], { maxBuffer: 1 << 28, encoding: "utf8" }).split("\n");
  const all = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  return { source: "Synthea", resources: withPatients(all, patients) };
}

/** What belongs to so many patients, and what that refers to. */
function withPatients(all, count) {
  const byReference = new Map(all.map((resource) => [referenceTo(resource), resource]));
  const chosen = choosePatients(all, count);
  const wanted = new Set();
  const open = all.filter((resource) => chosen.has(patientOf(resource)));
  while (open.length > 0) {
    const resource = open.pop();
    if (wanted.has(resource)) continue;
    wanted.add(resource);
    for (const reference of referencesIn(resource)) {
      const target = byReference.get(reference);
      if (target) open.push(target);
    }
  }
  return all.filter((resource) => wanted.has(resource));
}

/** The rare types come first, so that every type is there; then patients in the archive's order. */
function choosePatients(all, count) {
  const byType = grouped(all, typeOf);
  const chosen = new Set();
  for (const resources of [...byType.values()].sort((a, b) => a.length - b.length)) {
    const ofPatients = resources.map(patientOf).filter(Boolean);
    if (ofPatients.length > 0 && chosen.size < count && !ofPatients.some((one) => chosen.has(one))) {
      chosen.add(ofPatients[0]);
    }
  }
  for (const patient of byType.get("Patient").map(referenceTo)) {
    if (chosen.size < count) chosen.add(patient);
  }
  return chosen;
}

function patientOf(resource) {
  if (resource.resourceType === "Patient") return referenceTo(resource);
  const reference = (resource.subject ?? resource.patient)?.reference;
  return reference?.startsWith("Patient/") ? reference : undefined;
}

/** Every literal reference in a resource, however deep. */
function* referencesIn(value) {
  if (typeof value !== "object" || value === null) return;
  if (typeof value.reference === "string") yield value.reference;
  for (const part of Object.values(value)) yield* referencesIn(part);
}

function typeOf(resource) {
  return resource.resourceType;
}

function referenceTo({ resourceType, id }) {
  return `${resourceType}/${id}`;
}

function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
