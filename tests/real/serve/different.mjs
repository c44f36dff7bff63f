// Where the server's answer is not the replica's, and what of the specification decides.

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

/** @type {{ request: string, server: string, because: string, statuses: [number, number], ours?: Function }[]} */
export const DIFFERENT = [];
