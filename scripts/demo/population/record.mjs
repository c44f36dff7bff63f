// One person's record over the years: visit by visit, oldest first, what was found, measured,
// given and done.

import { constitution, hba1c, laboratory, vitals } from "./body.mjs";
import * as codes from "./codes.mjs";
import * as fhir from "./resources.mjs";
import { visits } from "./visits.mjs";

/**
 * @param {{ random: object, person: { resource: object, born: number, female: boolean }, now: number,
 *   organization: object, practitioners: object[] }} about
 * @returns {Generator<object>} FHIR resources
 */
export function* record({ random, person, now, organization, practitioners }) {
  const { resource: patient, born, female } = person;
  yield patient;
  const body = constitution({ random, born, now, female });
  const chronic = new Map();

  for (const visit of visits({ random, born, female, now, onsets: body.onsets })) {
    const { time, type, emergency = false } = visit;
    const practitioner = random.pick(practitioners);
    const encounter = fhir.encounter(random, {
      patient,
      time,
      type,
      emergency,
      practitioner,
      organization,
      minutes: emergency ? 60 : random.pick([15, 15, 30]),
    });
    yield encounter;
    const at = { patient, encounter, time, practitioner };

    if (visit.allergies) yield* allergies(random, at);
    if (visit.onset) {
      const diagnosis = fhir.condition(random, { ...at, code: codes.CHRONIC[visit.onset].condition });
      chronic.set(visit.onset, diagnosis);
      yield diagnosis;
      yield* treatment(random, at, codes.CHRONIC[visit.onset], diagnosis);
    }
    if (visit.acute) yield* illness(random, at, visit.acute, now);
    if (visit.pregnancy) yield* prenatal(random, at, visit, chronic);
    for (const code of visit.vaccines ?? []) yield fhir.immunization(random, { ...at, code });
    if (visit.vitals) yield* vitalSigns(random, at, body);
    if (visit.laboratory) yield* panels(random, at, body, visit.laboratory);
    for (const code of visit.procedures ?? []) yield fhir.procedure(random, { ...at, code });
    if (visit.renew) {
      const reason = chronic.get(visit.renew);
      for (const code of codes.CHRONIC[visit.renew].medicines.slice(0, 1)) {
        yield fhir.medicationRequest(random, { ...at, code, reason, active: now - time < 400 * DAY });
      }
    }
  }
}

const DAY = 24 * 60 * 60 * 1000;

function* allergies(random, at) {
  if (!random.chance(0.2)) return;
  const first = random.whole(0, codes.ALLERGIES.length - 1);
  for (let step = 0; step < random.whole(1, 4); step += 1) {
    const { code, category } = codes.ALLERGIES[(first + step) % codes.ALLERGIES.length];
    yield fhir.allergy(random, { ...at, code, category, severe: random.chance(0.15) });
  }
}

function* treatment(random, at, { medicines, goal, activities }, reason) {
  for (const code of medicines) yield fhir.medicationRequest(random, { ...at, code, reason, active: false });
  if (goal) yield fhir.carePlan(random, { ...at, code: goal, activities, reason });
}

function* illness(random, at, { condition: code, days, medicines, procedures }, now) {
  const over = at.time + days * DAY * random.between(0.7, 1.6);
  const found = fhir.condition(random, { ...at, code, end: over < now ? over : undefined });
  yield found;
  for (const medicine of medicines) {
    yield fhir.medicationRequest(random, { ...at, code: medicine, reason: found, active: over >= now });
  }
  for (const procedure of procedures) yield fhir.procedure(random, { ...at, code: procedure, reason: found });
}

function* prenatal(random, at, { pregnancy, until }, known) {
  if (pregnancy === "first") {
    known.set("pregnancy", fhir.condition(random, { ...at, code: codes.PREGNANCY.condition, end: until }));
    yield known.get("pregnancy");
  }
  const reason = known.get("pregnancy");
  for (const code of codes.PREGNANCY[pregnancy]) yield fhir.procedure(random, { ...at, code, reason });
}

function* vitalSigns(random, at, body) {
  const { VITALS, SMOKING } = codes;
  const values = vitals(body, random, at.time);
  for (const name of ["height", "weight", "bmi", "heartRate", "pain"]) {
    yield fhir.measured(random, { ...at, measure: VITALS[name] }, values[name]);
  }
  yield fhir.observedComponents(random, { ...at, measure: VITALS.pressure }, [
    { measure: VITALS.diastolic, value: values.diastolic },
    { measure: VITALS.systolic, value: values.systolic },
  ]);
  yield fhir.observedCode(random, { ...at, measure: SMOKING }, body.smoked ? SMOKING.former : SMOKING.never);
}

/** @param {{ panels: string[], hba1c: boolean }} ordered */
function* panels(random, at, body, ordered) {
  const values = laboratory(body, random, at.time);
  for (const name of ordered.panels) {
    const panel = codes.PANELS[name];
    const results = Object.entries(panel.measures).map(([value, measure]) =>
      fhir.measured(random, { ...at, measure }, values[value]),
    );
    yield* results;
    yield fhir.diagnosticReport(random, { ...at, code: panel.code, results });
  }
  if (ordered.panels.includes("metabolic")) yield fhir.measured(random, { ...at, measure: codes.GFR }, values.gfr);
  if (ordered.hba1c) yield fhir.measured(random, { ...at, measure: codes.HBA1C }, hba1c(body, random, at.time));
}
