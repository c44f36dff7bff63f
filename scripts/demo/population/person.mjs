// Who somebody is: the Patient resource, and what else of them their record depends on.

import { status } from "./codes.mjs";
import { FAMILY, GIVEN, LANGUAGES, STREETS } from "./names.mjs";
import { date, reference, TEST_DATA } from "./resources.mjs";

const YEAR = 365.25 * 24 * 60 * 60 * 1000;
const US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition";
const CORE = "http://hl7.org/fhir/StructureDefinition";
const SSN = "http://hl7.org/fhir/sid/us-ssn";
const LICENCE = "urn:oid:2.16.840.1.113883.4.3.25";
const V2_IDENTIFIER = "http://terminology.hl7.org/CodeSystem/v2-0203";

const RACES = [
  { code: "2106-3", display: "White" },
  { code: "2106-3", display: "White" },
  { code: "2054-5", display: "Black or African American" },
  { code: "2028-9", display: "Asian" },
];

/** @param {{ random: object, now: number, town: object, organization: object, practitioner: object }} where */
export function patient({ random, now, town, organization, practitioner }) {
  const gender = random.pick(["female", "male"]);
  const born = now - random.between(0.002, 1) ** 0.8 * 92 * YEAR;
  const id = random.uuid();
  const family = random.pick(FAMILY);
  const given = [random.pick(GIVEN[gender]), ...(random.chance(0.3) ? [random.pick(GIVEN[gender])] : [])];
  const adult = now - born > 18 * YEAR;
  const language = random.pick(LANGUAGES);
  const phone = `555-${random.digits(3)}-${random.digits(4)}`;
  const married = adult && random.chance(0.6);
  const address = {
    line: [`${random.whole(1, 999)} ${random.pick(STREETS)}`],
    city: town.city,
    state: town.state,
    postalCode: town.postalCode,
    country: "US",
  };
  const resource = {
    resourceType: "Patient",
    id,
    meta: TEST_DATA,
    text: {
      status: "generated",
      div: narrative(`${given.join(" ")} ${family.toUpperCase()}, ${gender}, born ${date(born)}, ${town.city}.`),
    },
    extension: [
      group("us-core-race", random.pick(RACES)),
      group("us-core-ethnicity", { code: "2186-5", display: "Not Hispanic or Latino" }),
      { url: `${CORE}/patient-mothersMaidenName`, valueString: `${random.pick(GIVEN.female)} ${random.pick(FAMILY)}` },
      { url: `${US_CORE}/us-core-birthsex`, valueCode: gender === "male" ? "M" : "F" },
      {
        url: `${CORE}/patient-birthPlace`,
        valueAddress: { city: town.city, state: town.state, country: "US" },
      },
    ],
    identifier: [
      identifier("MR", "Medical Record Number", `urn:uuid:${organization.id}`, random.digits(8)),
      identifier("SS", "Social Security Number", SSN, `999-${random.digits(2)}-${random.digits(4)}`),
      ...(adult ? [identifier("DL", "Driver's License", LICENCE, `S999${random.digits(5)}`)] : []),
    ],
    active: true,
    name: [
      { use: "official", family, given, ...(adult && { prefix: [gender === "male" ? "Mr." : "Ms."] }) },
      ...(married && gender === "female" ? [{ use: "maiden", family: random.pick(FAMILY), given }] : []),
    ],
    telecom: [
      { system: "phone", value: phone, use: "home" },
      { system: "email", value: `${id.slice(0, 8)}@example.org`, use: "home" },
    ],
    gender,
    birthDate: date(born),
    address: [
      {
        extension: [
          {
            url: `${CORE}/geolocation`,
            extension: [
              { url: "latitude", valueDecimal: place(town.latitude, random) },
              { url: "longitude", valueDecimal: place(town.longitude, random) },
            ],
          },
        ],
        use: "home",
        ...address,
      },
    ],
    maritalStatus: {
      coding: [
        {
          system: "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
          code: married ? "M" : "S",
          display: married ? "Married" : "Never Married",
        },
      ],
      text: married ? "Married" : "Never Married",
    },
    multipleBirthBoolean: false,
    contact: [
      {
        relationship: [{ ...status("v2-0131", "N"), text: "Next of kin" }],
        name: { family, given: [random.pick(GIVEN[random.pick(["female", "male"])])] },
        telecom: [{ system: "phone", value: phone, use: "home" }],
        address,
      },
    ],
    communication: [
      { language: { coding: [{ system: "urn:ietf:bcp:47", ...language }], text: language.display }, preferred: true },
    ],
    generalPractitioner: [{ ...reference(practitioner), display: `Dr. ${practitioner.name[0].family}` }],
    managingOrganization: { ...reference(organization), display: organization.name },
  };
  return { resource, born, female: gender === "female" };
}

function narrative(text) {
  return `<div xmlns="http://www.w3.org/1999/xhtml">${text} Invented: this person does not exist.</div>`;
}

function group(name, { code, display }) {
  return {
    url: `${US_CORE}/${name}`,
    extension: [
      { url: "ombCategory", valueCoding: { system: "urn:oid:2.16.840.1.113883.6.238", code, display } },
      { url: "text", valueString: display },
    ],
  };
}

function identifier(code, display, system, value) {
  return { type: { coding: [{ system: V2_IDENTIFIER, code, display }], text: display }, system, value };
}

function place(degrees, random) {
  return Number((degrees + random.between(-0.05, 0.05)).toFixed(5));
}
