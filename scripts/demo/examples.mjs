// HL7's own R4 example instances (npm: hl7.fhir.r4.examples, CC0), with the ids that HL7 gave them.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compact } from "./stamp.mjs";

/**
 * Types that a hospital's server does not serve as data: definitions (most of the package, and
 * served by terminology and conformance servers), and Bundles, which are exchanges.
 */
const LEFT_OUT = new Set([
  ...["ActivityDefinition", "CapabilityStatement", "ChargeItemDefinition", "CodeSystem", "CompartmentDefinition"],
  ...["ConceptMap", "DeviceDefinition", "EventDefinition", "ExampleScenario", "GraphDefinition", "ImplementationGuide"],
  ...["Library", "Measure", "MessageDefinition", "NamingSystem", "ObservationDefinition", "OperationDefinition"],
  ...["PlanDefinition", "ResearchDefinition", "ResearchElementDefinition", "SearchParameter", "SpecimenDefinition"],
  ...["StructureDefinition", "StructureMap", "TerminologyCapabilities", "TestReport", "TestScript", "ValueSet"],
  ...["Bundle", "MessageHeader", "OperationOutcome"],
]);

/** Where the package is installed. */
export const EXAMPLES = dirname(createRequire(import.meta.url).resolve("hl7.fhir.r4.examples/package.json"));

/** @returns {Generator<{ type: string, id: string, text: string }>} */
export function* exampleResources() {
  for (const file of readdirSync(EXAMPLES).sort()) {
    const type = file.slice(0, file.indexOf("-"));
    if (!file.endsWith(".json") || !/^[A-Z]/.test(type) || LEFT_OUT.has(type)) continue;
    const text = readFileSync(join(EXAMPLES, file), "utf8");
    yield { type, id: JSON.parse(text).id, text: compact(text) };
  }
}
