// FHIR's search parameters, a file for each version of FHIR: a page loads the one that it needs.

const TABLES = {
  R4: () => import("./definitions/r4.js"),
  R4B: () => import("./definitions/r4b.js"),
  R5: () => import("./definitions/r5.js"),
};

/** The versions of FHIR that a replica can be of. */
export const VERSIONS = ["R4", "R4B", "R5"];

/**
 * @param {string} version one of the above
 * @returns {Promise<string>} the table
 */
export async function definitionsOf(version) {
  return (await TABLES[version]()).default;
}
