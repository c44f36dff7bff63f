/** The search parameters of a version of FHIR, as `openReplica` indexes them. */
declare const definitions: string;
export default definitions;
