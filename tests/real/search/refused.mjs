// Searches that the server refuses (HTTP 501: of several types at once, and what takes a terminology server), and what
// they have to find. `own-` is of resources.mjs, all other ids are of HL7's examples.

export const REFUSED = [
  { query: "?_type=Patient,Practitioner&_id=example", wanted: ["Patient/example", "Practitioner/example"] },
  { query: "?_type=Practitioner,Patient&family=%C3%85ngstr%C3%B6m", wanted: ["Practitioner/own-doctor"] },
  {
    query: "?_type=Encounter,Condition,List&_id=own-visit,own-condition,own-patient",
    wanted: ["Encounter/own-visit", "Condition/own-condition"],
  },
  {
    query: "?_type=Encounter,Condition&patient=own-patient",
    wanted: ["Encounter/own-stay", "Encounter/own-visit", "Condition/own-condition", "Condition/own-range"],
  },
  { query: "?_id=own-answers", wanted: ["QuestionnaireResponse/own-answers"] },
  {
    query: "Observation?code:in=http://example.org/sets/measures&value-quantity=75,-3",
    wanted: ["Observation/own-heavy", "Observation/own-negative"],
  },
  {
    query: "Observation?patient=own-patient&code:not-in=http://example.org/sets/measures&has-member:missing=false",
    wanted: ["Observation/own-panel"],
  },
  {
    query: "Observation?code:below=http://example.org/codes|measured&component-code:missing=false",
    wanted: ["Observation/own-high", "Observation/own-low"],
  },
  { query: "Condition?code:below=http://example.org/codes|own", wanted: ["Condition/own-condition"] },
  {
    query: "Observation?code:above=http://example.org/codes|weight&value-quantity=75",
    wanted: ["Observation/own-heavy"],
  },
];
