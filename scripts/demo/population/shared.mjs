// Where the invented patients are treated, and by whom: the same few for everybody.

import { FAMILY, GIVEN, STREETS, TOWNS } from "./names.mjs";
import { randomOf } from "./random.mjs";
import { TEST_DATA } from "./resources.mjs";

const PRACTITIONERS_EACH = 3;

/** Organizations, and the practitioners of each. */
export function house(seed) {
  const random = randomOf(seed, "house");
  return TOWNS.map((town) => {
    const { city, state, postalCode } = town;
    const id = random.uuid();
    const address = {
      line: [`${random.whole(1, 400)} ${random.pick(STREETS)}`],
      city,
      state,
      postalCode,
      country: "US",
    };
    const organization = {
      resourceType: "Organization",
      id,
      meta: TEST_DATA,
      identifier: [{ system: "urn:ietf:rfc:3986", value: `urn:uuid:${id}` }],
      active: true,
      type: [
        {
          coding: [
            {
              system: "http://terminology.hl7.org/CodeSystem/organization-type",
              code: "prov",
              display: "Healthcare Provider",
            },
          ],
          text: "Healthcare Provider",
        },
      ],
      name: `${city} Community Hospital`,
      telecom: [{ system: "phone", value: `555-01${random.digits(2)}` }],
      address: [address],
    };
    const practitioners = Array.from({ length: PRACTITIONERS_EACH }, () => practitioner(random, address));
    return { organization, practitioners };
  });
}

function practitioner(random, address) {
  const gender = random.pick(["female", "male"]);
  return {
    resourceType: "Practitioner",
    id: random.uuid(),
    meta: TEST_DATA,
    identifier: [{ system: "http://hl7.org/fhir/sid/us-npi", value: `99${random.digits(8)}` }],
    active: true,
    name: [{ family: random.pick(FAMILY), given: [random.pick(GIVEN[gender])], prefix: ["Dr."] }],
    address: [address],
    gender,
  };
}
