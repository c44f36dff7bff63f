// The invented population: repeatable to the byte, each record on its own, whole in itself.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { patientRecords, sharedResources } from "../../scripts/demo/population.mjs";

const text = (options) => JSON.stringify([...patientRecords(options)]);

/** Records as lists, each beginning with its Patient. */
function records(options) {
  const found = [];
  for (const resource of patientRecords(options)) {
    if (resource.resourceType === "Patient") found.push([]);
    found.at(-1).push(resource);
  }
  return found;
}

test("the same seed gives the same bytes, another seed others", () => {
  assert.equal(text({ patients: 3, seed: 7 }), text({ patients: 3, seed: 7 }));
  assert.notEqual(text({ patients: 3, seed: 7 }), text({ patients: 3, seed: 8 }));
  const shared = (seed) => JSON.stringify([...sharedResources({ seed })]);
  assert.equal(shared(7), shared(7));
});

test("a record does not depend on the others", () => {
  const all = records({ patients: 6, seed: 2 });
  assert.equal(all.length, 6);
  for (const index of [0, 3, 5]) {
    assert.deepEqual(records({ patients: 1, from: index, seed: 2 })[0], all[index]);
  }
});

test("ids are unique, and every reference leads to a resource of the record or a shared one", () => {
  const shared = [...sharedResources({ seed: 1 })].map(({ resourceType, id }) => `${resourceType}/${id}`);
  const known = new Set(shared);
  let count = shared.length;
  for (const record of records({ patients: 30, seed: 1 })) {
    const own = new Set();
    for (const { resourceType, id } of record) own.add(`${resourceType}/${id}`);
    count += record.length;
    for (const [, reference] of JSON.stringify(record).matchAll(/"reference":"([^"]+)"/g)) {
      assert.ok(own.has(reference) || shared.includes(reference), reference);
    }
    for (const one of own) known.add(one);
  }
  assert.equal(known.size, count);
});

test("the mix is like Synthea's: its types, some 250 resources a patient of some 850 bytes", () => {
  const patients = 120;
  const counts = {};
  let bytes = 0;
  let total = 0;
  for (const resource of patientRecords({ patients, seed: 1 })) {
    counts[resource.resourceType] = (counts[resource.resourceType] ?? 0) + 1;
    bytes += Buffer.byteLength(JSON.stringify(resource));
    total += 1;
  }
  const within = (value, low, high, what) => assert.ok(value >= low && value <= high, `${what}: ${value}`);
  within(total / patients, 150, 320, "resources a patient");
  within(bytes / total, 750, 950, "bytes a resource");
  within(counts.Observation / total, 0.5, 0.7, "share of Observations");
  within(counts.Encounter / total, 0.08, 0.16, "share of Encounters");
  for (const type of ["AllergyIntolerance", "CarePlan", "Condition", "DiagnosticReport", "Immunization"]) {
    assert.ok(counts[type] > 0, type);
  }
  assert.ok(counts.MedicationRequest > 0 && counts.Procedure > 0);
});

test("sugar tells the story: higher with diabetes than without", () => {
  const means = { with: [], without: [] };
  for (const record of records({ patients: 150, seed: 1 })) {
    const values = record
      .filter(({ code }) => code?.coding[0].code === "4548-4")
      .map(({ valueQuantity }) => valueQuantity.value);
    if (values.length === 0) continue;
    const diabetic = record.some(({ code }) => code?.coding[0].code === "44054006");
    means[diabetic ? "with" : "without"].push(values.reduce((sum, value) => sum + value, 0) / values.length);
  }
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  assert.ok(means.with.length > 3 && means.without.length > 3);
  assert.ok(mean(means.with) > mean(means.without) + 0.8, `${mean(means.with)} ${mean(means.without)}`);
});

test("nothing of the generator needs Node, the clock or chance", () => {
  const folder = new URL("../../scripts/demo/population/", import.meta.url);
  const files = [new URL("../../scripts/demo/population.mjs", import.meta.url)];
  for (const name of readdirSync(folder)) files.push(new URL(name, folder));
  for (const file of files) {
    const forbidden = /node:|process\.|Date\.now|new Date\(\)|Math\.random/;
    assert.doesNotMatch(readFileSync(file, "utf8"), forbidden, file.pathname);
  }
});
