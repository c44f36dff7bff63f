// Where the server's answer is not the replica's, and what of the specification decides.

import assert from "node:assert/strict";

/**
 * What the server does with many requests. `right`: its answer is made what it should have been, and compared then.
 *
 * @type {{ server: string, because: string, applies: Function, right: Function, seen?: boolean }[]}
 */
export const HABITS = [
  {
    server: "sends Bundles and OperationOutcomes as application/json",
    because: "R4 http.html#mime-type: the formal MIME type is application/fhir+json",
    applies: (theirs) => theirs.media === "application/json",
    right: (theirs) => (theirs.media = "application/fhir+json"),
  },
  {
    server: "gives no total of a search",
    because: "R4 bundle.html: Bundle.total is optional; where one is given it is the number of matches",
    applies: (theirs, ours) => theirs.type === "searchset" && theirs.total === undefined && ours.total !== undefined,
    right: (theirs, ours) => (theirs.total = ours.total),
  },
  {
    server: "gives the size of the page as the total of a history",
    because: "R4 bundle.html: Bundle.total is the number of all entries, on whatever page",
    applies: (theirs, ours) => theirs.type === "history" && theirs.total === theirs.entries.length && theirs.total < ours.total,
    right: (theirs, ours) => (theirs.total = ours.total),
  },
  {
    server: "sends no ETag with 304",
    because: "RFC 9110 15.4.5: a 304 has the ETag that a 200 would have had",
    applies: (theirs, ours) => theirs.status === 304 && theirs.etag === null && ours.status === 304,
    right: (theirs, { etag, modified }) => Object.assign(theirs, { etag, modified }),
  },
];

/**
 * Single requests. `statuses`: ours, and the server's. `ours`: what else the specification wants.
 *
 * @type {{ request: string, server: string, because: string, statuses: [number, number], ours?: Function }[]}
 */
export const DIFFERENT = [
  {
    request: "GET Patient/PATIENT/$nonsense",
    server: "calls an operation that it does not have a bad request",
    because: "R4 http.html, status codes: 404 is for a type that is not supported, and for what is no FHIR end-point",
    statuses: [404, 400],
  },
  {
    request: "GET unicorn/1/2/3/4",
    server: "says nothing with a 404 of an address that means nothing",
    because: "R4 http.html, status codes: what is refused SHOULD come with an OperationOutcome",
    statuses: [404, 404],
    ours: ({ body }) => assert.equal(body, "OperationOutcome"),
  },
  {
    request: "GET Patient/PATIENT/$everything?_type=Observation&_count=5000",
    server: "gives the patient too where only Observations are asked for",
    because: "R4 patient-operation-everything.html: `_type` says which types are in what is returned",
    statuses: [200, 200],
    ours: ({ entries }) => assert.ok(entries.length > 10 && entries.every((entry) => entry.includes("/Observation/"))),
  },
  {
    request: "GET Observation?_count=many",
    server: "ignores a count that is no number",
    because: "R4 search.html#errors: a parameter whose content is invalid SHOULD be an error",
    statuses: [400, 200],
  },
  {
    request: "GET Patient?_summary=some",
    server: "ignores a summary that there is not",
    because: "R4 search.html#errors",
    statuses: [400, 200],
  },
  {
    request: "GET Patient/PATIENT Accept: text/html",
    server: "sends JSON to who takes HTML only",
    because: "R4 http.html#mime-type: 406 where nothing that is accepted is supported; RFC 9110 15.5.7",
    statuses: [406, 200],
  },
  {
    request: "POST Patient/_search Content-Type: text/plain",
    server: "says by plain text that a body is of a wrong media type",
    because: "R4 http.html, status codes: what is refused SHOULD come with an OperationOutcome",
    statuses: [415, 415],
    ours: ({ body }) => assert.equal(body, "OperationOutcome"),
  },
];
