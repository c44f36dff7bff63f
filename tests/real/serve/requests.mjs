// What is asked of the server and of the replica that serves in its place. Each is `{ path, method?, headers?, form? }`.

import { NOTHING, SAME, SHAPED } from "../search/same.mjs";

const get = (path, headers) => ({ path, headers });
const head = (path) => ({ path, method: "HEAD" });
const post = (path, form) => ({ path, method: "POST", form });

/** How many resources of a type are read. */
const EACH = 3;

/** What is no search: by what the world has. */
export function interactions({ byType, amended, gone, patients }) {
  const some = [...byType.values()].flatMap((all) => all.slice(0, EACH));
  const few = some.filter((_, at) => at % 5 === 0);
  return {
    read: some.map((reference) => get(reference)),
    "read, its head alone": few.map(head),
    "read on condition": few.flatMap((reference) => [
      get(reference, { "If-None-Match": 'W/"1"' }),
      get(reference, { "If-None-Match": 'W/"77"' }),
    ]),
    "read since a time": few.slice(0, 8).flatMap((reference) => [
      get(reference, { "If-Modified-Since": "Wed, 01 Jan 2200 00:00:00 GMT" }),
      get(reference, { "If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT" }),
    ]),
    vread: [...few.map((reference) => get(`${reference}/_history/1`)), ...amended.flatMap((reference) => [1, 2, 3].map((version) => get(`${reference}/_history/${version}`)))],
    "vread, its head alone": amended.map((reference) => head(`${reference}/_history/1`)),
    "history of a resource": [...amended, ...few.slice(0, 6)].flatMap((reference) => [get(`${reference}/_history?_count=100`), get(`${reference}/_history?_count=1`)]),
    "history of a type": [...byType.keys()].slice(0, 20).map((type) => get(`${type}/_history?_count=1000`)),
    "history since a time": ["Patient", "Condition", "Observation"].flatMap((type) => [
      get(`${type}/_history?_since=2000-01-01T00:00:00Z&_count=1000`),
      get(`${type}/_history?_since=2200-01-01T00:00:00Z`),
    ]),
    "what is gone": gone.flatMap((reference) => [get(reference), head(reference), get(reference, { "If-None-Match": "*" }), get(`${reference}/_history?_count=100`)]),
    "what is not there": [
      ...["Patient", "Observation", "Encounter"].flatMap((type) => [get(`${type}/nobody`), head(`${type}/nobody`), get(`${type}/nobody/_history/1`), get(`${type}/nobody/_history`)]),
      get(`${patients[0]}/_history/99`),
      get(`${patients[0]}/$nonsense`),
      get("Patient/nobody/$everything"),
      get("Unicorn"),
      get("Unicorn/1"),
      get("unicorn/1/2/3/4"),
    ],
    "a compartment": patients.slice(0, 2).flatMap((patient) =>
      ["Observation", "Condition", "Encounter", "Procedure", "Immunization", "CarePlan", "Observation?status=final", "Observation?code=8302-2"].map((of) =>
        get(`${patient}/${of}${of.includes("?") ? "&" : "?"}_count=1000`),
      ),
    ),
    everything: patients.slice(0, 2).flatMap((patient) => [get(`${patient}/$everything?_count=5000`), get(`${patient}/$everything?_type=Observation&_count=5000`)]),
    "what cannot be answered": [
      get("Observation?date=yesterday"),
      get("Observation?_lastUpdated=2024-13-45"),
      get("Observation?_count=many"),
      get("Observation?no-such-parameter=1", { Prefer: "handling=strict" }),
      get("Observation?no-such-parameter=1&_id=example", { Prefer: "handling=lenient" }),
      get("Patient/_history?_since=yesterday"),
      get("Patient?_summary=some"),
    ],
    formats: [
      get(patients[0], { Accept: "application/fhir+json" }),
      get(patients[0], { Accept: "application/json" }),
      get(patients[0], { Accept: "*/*" }),
      get(patients[0], { Accept: "application/fhir+xml" }),
      get(patients[0], { Accept: "text/html" }),
      get(`${patients[0]}?_format=json`),
      get(`${patients[0]}?_format=application/fhir%2Bjson`),
      get(`${patients[0]}?_format=xml`),
      get(`${patients[0]}?_pretty=true`),
      get(`${patients[0]}?_summary=true`),
      get(`${patients[0]}?_elements=name`),
    ],
    "a body of another kind": [{ path: "Patient/_search", method: "POST", text: "{}", headers: { "Content-Type": "text/plain" } }],
  };
}

/** Searches, by GET and by POST, each on one page: those of which the search tests say that both answer alike. */
const whole = (query) => (query.includes("_count=") ? query : `${query}${query.includes("?") ? "&" : "?"}_count=1000`);

export const SEARCHES = [...Object.values(SAME).flat(), ...NOTHING, ...SHAPED].map((query) => get(whole(query)));

export const POSTED = Object.values(SAME)
  .flat()
  .filter((query, at) => at % 2 === 0 && /^[A-Za-z]+\?/.test(query))
  .map((query) => post(`${query.split("?")[0]}/_search`, whole(query).split("?")[1]));
