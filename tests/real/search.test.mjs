// Searches answered by the replica with no network, held against the same searches answered by the
// server that it was pulled from. Where they differ the specification decides, and the difference stands below.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Replica } from "../support/subjects.mjs";
import { World } from "../support/world.mjs";

const TYPES = ["Patient", "Observation", "Condition", "Encounter", "Procedure", "DiagnosticReport", "MedicationRequest"];

const SNOMED = "http://snomed.info/sct";

/** `PATIENT` stands for the id of a patient of the data with many Observations, `BASE` for the server's. */
const SAME = [
  "Patient?_id=PATIENT",
  "Patient?_id=PATIENT,example,f001",
  "Patient?_id=nobody",
  "Observation?patient=PATIENT",
  "Observation?patient=Patient/PATIENT",
  "Observation?subject=Patient/PATIENT",
  "Observation?subject:Patient=PATIENT",
  "Observation?subject=PATIENT",
  "Observation?patient=PATIENT,example",
  "Condition?patient=PATIENT",
  "Condition?subject=Patient/PATIENT",
  "Encounter?patient=PATIENT",
  "Encounter?subject=Patient/PATIENT",
  "Procedure?patient=PATIENT",
  "DiagnosticReport?subject=Patient/PATIENT",
  "MedicationRequest?patient=Patient/PATIENT",
  "Observation?code=http://loinc.org|29463-7",
  "Observation?code=http%3A%2F%2Floinc.org%7C29463-7",
  "Observation?code=29463-7",
  "Observation?code=http://loinc.org|29463-7,http://loinc.org|8302-2",
  "Observation?code=http://loinc.org|",
  "Observation?code=http://snomed.info/sct|29463-7",
  "Condition?code=http://snomed.info/sct|44054006",
  "Observation?patient=PATIENT&code=http://loinc.org|29463-7",
  "Observation?patient=PATIENT&code=8302-2,8867-4",
  "Observation?date=ge2015-01-01&patient=PATIENT",
  "Observation?date=gt2015-06-01",
  "Observation?date=lt2012-03-01",
  "Observation?date=le2012-03-01",
  "Observation?date=ge2014&date=lt2016",
  "Observation?date=2016",
  "Observation?date=eq2016-03",
  "Observation?date=sa2017-01-01",
  "Observation?date=eb2011-01-01",
  "Observation?date=ne2016",
  "Observation?date=ge2013-04-02T09:30:10%2B01:00",
  "Observation?date=eq2013-04-02T09:30:10%2B01:00",
  "Observation?patient=PATIENT&code=http://loinc.org|29463-7&date=ge2012-01-01",
  "Encounter?date=ge2016-01-01&date=le2016-12-31",
  "Encounter?date=lt2012",
  "Encounter?date=ne2013-03",
  "Encounter?date=sa2013-03-10",
  "Encounter?date=eb2013-03-12",
  "Procedure?date=ge2015&patient=PATIENT",
  "DiagnosticReport?date=ge2015-01-01",
  "Patient?name=Solo",
  "Patient?name=solo",
  "Patient?name=Le",
  "Patient?name=van",
  "Patient?name=Peter,Leia",
  "Patient?name=zzzz",
  "Patient?name=Olaf",
  "Patient?name=Peter\\,Leia",
  "Patient?birthdate=1974-12-25",
  "Patient?birthdate=1982-01",
  "Patient?birthdate=1965",
  "Patient?birthdate=ge1980-01-01",
  "Patient?birthdate=lt1950",
  "Patient?name=Kuphal&birthdate=lt1968",
];

/**
 * Orders: by the value that the sort goes by. Equal values may come in any order, so what is
 * compared is the row of values, and with `_count` only the first page's.
 */
const SORTED = [
  { query: "Observation?patient=PATIENT&_sort=date", by: effective },
  { query: "Observation?patient=PATIENT&_sort=-date", by: effective },
  { query: "Observation?patient=PATIENT&_sort=-date&_count=20", by: effective },
  { query: "Observation?code=http://loinc.org|29463-7&_sort=-date&_count=5", by: effective },
  { query: "Patient?birthdate=ge1900&_sort=birthdate", by: (patient) => patient.birthDate },
  { query: "Patient?birthdate=ge1900&_sort=-birthdate&_count=7", by: (patient) => patient.birthDate },
];

/** Where the server's answer is not the specification's. `matches` says what the specification wants. */
const DIFFERENT = [
  {
    query: "MedicationRequest?code=http://snomed.info/sct|",
    why: "R4 search.html#contained: what a contained Medication says is not said by the request that contains it",
    matches: ({ medicationCodeableConcept: code }) => code?.coding?.some(({ system }) => system === SNOMED),
  },
  {
    query: "Observation?subject=BASE/Patient/example",
    why: "R4 search.html#reference: the absolute URL of a resource of this server is its relative reference",
    matches: ({ subject }) => subject?.reference === "Patient/example",
  },
];

describe("Helios HFS and a replica of it, searched", () => {
  /** @type {World} */
  let world;
  let patient;
  const replicas = [];

  before(async () => {
    world = await World.start({ patients: 3, examples: true });
    patient = await busiestPatient(world.server);
    for (const subject of world.subjects) {
      const replica = await Replica.open(subject, { name: "searched", server: world.server.base });
      await replica.pull(TYPES.map((type) => ({ history: type })));
      replicas.push({ subject, replica });
    }
  });
  after(() => world?.stop());

  const filled = (query) => query.replaceAll("PATIENT", patient).replace("BASE", world.server.base);

  for (const query of SAME) {
    test(`the same resources: ${query}`, async () => {
      const theirs = (await world.server.searchIds(`${filled(query)}&_count=1000`)).sort();
      for (const { subject, replica } of replicas) {
        assert.deepEqual(idsOf(await replica.search(filled(query))).sort(), theirs, subject.platform);
      }
    });
  }

  for (const { query, by } of SORTED) {
    test(`the same order: ${query}`, async () => {
      const page = query.includes("_count=") ? query : `${query}&_count=1000`;
      const theirs = (await world.server.firstPage(filled(page))).map(by);
      for (const { subject, replica } of replicas) {
        const { entry } = await replica.search(filled(query));
        assert.deepEqual(entry.map(({ resource }) => by(resource)), theirs, subject.platform);
      }
    });
  }

  for (const { query, why, matches } of DIFFERENT) {
    test(`${query}: ${why}`, async () => {
      const [type] = query.split("?");
      const wanted = [];
      for (const reference of world.server.references().filter((one) => one.startsWith(`${type}/`))) {
        const resource = JSON.parse(await world.server.current(reference));
        if (matches(resource)) wanted.push(resource.id);
      }
      wanted.sort();
      const theirs = (await world.server.searchIds(`${filled(query)}&_count=1000`)).sort();
      assert.notDeepEqual(theirs, wanted, "the server agrees with the specification by now: compare with it");
      for (const { subject, replica } of replicas) {
        assert.deepEqual(idsOf(await replica.search(filled(query))).sort(), wanted, subject.platform);
      }
    });
  }

  test("following the links of a search with _count gives every match once", async () => {
    for (const { subject, replica } of replicas) {
      const paged = [];
      for (let query = filled("Observation?patient=PATIENT&_count=7"); query; ) {
        const bundle = await replica.search(query);
        assert.ok(bundle.entry.length <= 7);
        paged.push(...idsOf(bundle));
        const next = bundle.link.find(({ relation }) => relation === "next");
        query = next?.url.replace(/^.*\/(?=Observation\?)/, "");
      }
      const whole = idsOf(await replica.search(filled("Observation?patient=PATIENT")));
      assert.equal(new Set(paged).size, paged.length, subject.platform);
      assert.deepEqual(paged.sort(), whole.sort(), subject.platform);
    }
  });

  test("what cannot be answered here is refused by name, not answered wrong", async () => {
    for (const { replica } of replicas) {
      await assert.rejects(replica.search("Observation?performer-of-miracles=1"), ({ code, sentence, ours }) => {
        assert.equal(code, "unsupported");
        assert.match(sentence, /performer-of-miracles/);
        return ours;
      });
    }
  });

  test("the browser had nothing to complain about", () => {
    assert.deepEqual(world.complaints, []);
  });
});

function idsOf(bundle) {
  return (bundle.entry ?? []).map(({ resource }) => resource.id);
}

/** When an Observation was made, as a point in time; of a period, its start. */
function effective({ effectiveDateTime, effectivePeriod }) {
  return Date.parse(effectiveDateTime ?? effectivePeriod.start);
}

async function busiestPatient(server) {
  const counts = new Map();
  for (const reference of server.references().filter((one) => one.startsWith("Observation/"))) {
    const id = /^Patient\/([0-9a-f-]{36})$/.exec(JSON.parse(await server.current(reference)).subject?.reference)?.[1];
    if (id) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0][0];
}
