// An invented population: FHIR R4 records shaped like Synthea's, any number of them. The same seed
// gives the same bytes everywhere and every time; no record depends on another. Pure: it runs in
// Node, in pages and in workers.

import { patient } from "./population/person.mjs";
import { TOWNS } from "./population/names.mjs";
import { randomOf } from "./population/random.mjs";
import { record } from "./population/record.mjs";
import { house } from "./population/shared.mjs";

/** The day on which the records end. */
const NOW = Date.UTC(2025, 5, 30);

/**
 * The Organizations and Practitioners that the records refer to.
 * @param {{ seed?: number }} [options]
 * @returns {Generator<object>} FHIR resources
 */
export function* sharedResources({ seed = 1 } = {}) {
  for (const { organization, practitioners } of house(seed)) {
    yield organization;
    yield* practitioners;
  }
}

/**
 * The records of patients number `from` to `from + patients - 1`. Each begins with its Patient;
 * after an Encounter comes what belongs to it.
 * @param {{ patients: number, seed?: number, from?: number }} options
 * @returns {Generator<object>} FHIR resources
 */
export function* patientRecords({ patients, seed = 1, from = 0 }) {
  const houses = house(seed);
  for (let index = from; index < from + patients; index += 1) {
    const random = randomOf(seed, `patient ${index}`);
    const at = random.whole(0, houses.length - 1);
    const { organization, practitioners } = houses[at];
    const practitioner = random.pick(practitioners);
    const person = patient({ random, now: NOW, town: TOWNS[at], organization, practitioner });
    yield* record({ random, person, now: NOW, organization, practitioners });
  }
}
