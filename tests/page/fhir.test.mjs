// FHIR elements as the explorer puts them into words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { address, concept, finding, happened, humanName, list, medication, patientOf, quantity, title } from "../../www/fhir.js";

test("the official name comes before others, in parts or as text", () => {
  const names = [
    { use: "nickname", given: ["Bob"] },
    { use: "official", prefix: ["Mr."], given: ["Robert", "J."], family: "Smith", suffix: ["III"] },
  ];
  assert.equal(humanName(names), "Mr. Robert J. Smith III");
  assert.equal(humanName([{ text: "Robert Smith" }]), "Robert Smith");
});

test("a concept is its text, else a display, else a code", () => {
  const coding = [{ code: "44054006" }, { code: "E11", display: "Type 2 diabetes" }];
  assert.equal(concept({ text: "Diabetes", coding }), "Diabetes");
  assert.equal(concept({ coding }), "Type 2 diabetes");
  assert.equal(concept({ coding: coding.slice(0, 1) }), "44054006");
});

test("a quantity has its comparator and unit", () => {
  assert.equal(quantity({ comparator: "<", value: 5.4, unit: "mmol/L" }), "< 5.4 mmol/L");
  assert.equal(quantity({ value: 7, code: "%" }), "7 %");
});

test("a finding is a value, the components, or why there is none", () => {
  const component = [
    { code: { text: "Systolic" }, valueQuantity: { value: 120, unit: "mm[Hg]" } },
    { code: { text: "Diastolic" }, valueQuantity: { value: 80, unit: "mm[Hg]" } },
  ];
  assert.equal(finding({ component }), "Systolic 120 mm[Hg], Diastolic 80 mm[Hg]");
  assert.equal(finding({ valueBoolean: false }), "No");
  assert.equal(finding({ dataAbsentReason: { text: "Refused" } }), "No value: Refused");
});

test("a medication is coded, contained, or referred to", () => {
  const contained = [{ resourceType: "Medication", id: "m", code: { text: "Metformin" } }];
  assert.equal(medication({ medicationCodeableConcept: { text: "Aspirin" } }), "Aspirin");
  assert.equal(medication({ contained, medicationReference: { reference: "#m" } }), "Metformin");
  assert.equal(medication({ medicationReference: { reference: "Medication/1", display: "Insulin" } }), "Insulin");
  assert.equal(medication({}), "Medication not named");
});

test("the patient of a resource is found by relative, absolute and versioned references, and by no other type's", () => {
  const of = (reference) => patientOf({ resourceType: "Observation", subject: { reference } });
  assert.equal(of("Patient/1"), "1");
  assert.equal(of("https://r4.example.org/fhir/Patient/a-b.c"), "a-b.c");
  assert.equal(of("Patient/1/_history/2"), "1");
  assert.equal(of("Group/1"), undefined);
  assert.equal(of("urn:uuid:0c1"), undefined);
  assert.equal(patientOf({ resourceType: "Immunization", patient: { reference: "Patient/2" } }), "2");
  assert.equal(patientOf({ resourceType: "Patient", id: "3" }), "3");
});

test("when something happened is when it took effect, not when it was written down", () => {
  assert.equal(happened({ effectiveDateTime: "2012-03-14", issued: "2012-03-20T00:00:00Z" }), "2012-03-14");
  assert.equal(happened({ recordedDate: "2013", onsetDateTime: "2010" }), "2010");
  assert.equal(happened({}), "");
});

test("an address is one line", () => {
  assert.equal(address({ line: ["12 High Street"], city: "Springfield", state: "MA", country: "US" }), "12 High Street, Springfield MA, US");
});

test("S5: elements of any other shape than FHIR's become words all the same", () => {
  const hostile = [undefined, null, 5, "text", true, [], {}, [null, 5, "x"], { coding: "x" }, { __proto__: null }];
  for (const value of hostile) {
    for (const words of [humanName, concept, quantity, finding, address, happened, title]) {
      assert.equal(typeof words(value), "string", `${words.name} of ${String(JSON.stringify(value))}`);
    }
    assert.ok(Array.isArray(list(value)));
    for (const resourceType of ["Patient", "Encounter", "MedicationRequest", "Immunization", "CarePlan", "Observation"]) {
      const resource = { resourceType, name: value, type: value, code: value, category: value, vaccineCode: value, medicationReference: value };
      assert.equal(typeof title(resource), "string");
    }
  }
});
