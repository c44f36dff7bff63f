// Where HL7's definitions cannot work as they are published: what is taken in their place, and why.
// Everything else is taken as it is, also where it finds nothing. By the parameters' ids.

import { alternatives } from "./expression.mjs";

/** By version: parameters that are not in the table. */
const LEFT_OUT = {
  "5.0.0": [
    // Members of lists and groups: its expression, Resource.id, is not what it finds. Like _list,
    // which has no expression, it is known by its name.
    "Resource-in",
    // Its components' elements are in Device.conformsTo, not in Device; specification-version has them.
    "Device-code-value-concept",
  ],
};

/** By version: alternatives of an expression. */
const ALTERNATIVES = {
  "4.0.1": {
    // The extension has another name.
    "patient-extensions-Patient-mothersMaidenName": {
      "Patient.extension('http://hl7.org/fhir/StructureDefinition/patient-extensions-Patient-mothersMaidenName')":
        "Patient.extension('http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName')",
    },
    // FHIRPath has no function of this name; R4B writes what is meant.
    "questionnaireresponse-extensions-QuestionnaireResponse-item-subject": {
      "QuestionnaireResponse.item.where(hasExtension('http://hl7.org/fhir/StructureDefinition/questionnaireresponse-isSubject')).answer.value.ofType(Reference)":
        "QuestionnaireResponse.item.where(extension('http://hl7.org/fhir/StructureDefinition/questionnaireresponse-isSubject').exists()).answer.value.ofType(Reference)",
    },
  },
  "4.3.0": {
    // The element is a BackboneElement.
    "Ingredient-manufacturer": { "Ingredient.manufacturer": "Ingredient.manufacturer.manufacturer" },
    // The elements are CodeableReferences; R5 says which part of them.
    "ClinicalUseDefinition-contraindication": partOf("ClinicalUseDefinition.contraindication.diseaseSymptomProcedure", "concept"),
    "ClinicalUseDefinition-contraindication-reference": partOf("ClinicalUseDefinition.contraindication.diseaseSymptomProcedure", "reference"),
    "ClinicalUseDefinition-effect": partOf("ClinicalUseDefinition.undesirableEffect.symptomConditionEffect", "concept"),
    "ClinicalUseDefinition-effect-reference": partOf("ClinicalUseDefinition.undesirableEffect.symptomConditionEffect", "reference"),
    "ClinicalUseDefinition-indication": partOf("ClinicalUseDefinition.indication.diseaseSymptomProcedure", "concept"),
    "ClinicalUseDefinition-indication-reference": partOf("ClinicalUseDefinition.indication.diseaseSymptomProcedure", "reference"),
  },
  "5.0.0": {
    // Does not name its type, and so would be every type's; of the others none has these elements.
    "clinical-date": {
      "(start | requestedPeriod.start).first()": "(Appointment.start | Appointment.requestedPeriod.start).first()",
    },
    // The element has no markdown; the description says that it finds strings.
    "Observation-value-markdown": { "Observation.value.ofType(markdown)": "Observation.value.ofType(string)" },
  },
};

// The definitions of the two components and their expressions are in contrary orders.
const RELATIONSHIP = "relatesto:target;relation:code";

/**
 * By version: the components of composites. Where a component is defined by a parameter that the
 * version does not have, one of the same type and kind stands for it: a component needs no more of it.
 */
const COMPONENTS = {
  "4.0.1": {
    "DocumentReference-relationship": RELATIONSHIP,
    // No datatype is called DateTime.
    "Observation-code-value-date": "code:code;value-date:value.as(dateTime) | value.as(Period)",
  },
  "4.3.0": {
    "DocumentReference-relationship": RELATIONSHIP,
    "Observation-code-value-date": "code:code;value-date:value.as(dateTime) | value.as(Period)",
  },
  "5.0.0": {
    "DocumentReference-relationship": RELATIONSHIP,
    // The components' expressions begin at the section.
    "Composition-section-code-text": "section:code;section-text:text",
    // Defined by DeviceDefinition-version.
    "DeviceDefinition-specification-version": "specification:specification;specification:version",
    // Defined by Encounter-period; and the element is a Reference, not a CodeableReference.
    "Encounter-location-period": "location:location;date:period",
    // Defined by Ingredient-numerator and Ingredient-denominator.
    "Ingredient-strength-concentration-ratio": "strength-concentration-quantity:numerator;strength-concentration-quantity:denominator",
    "Ingredient-strength-presentation-ratio": "strength-presentation-quantity:numerator;strength-presentation-quantity:denominator",
    // Defined by Observation-value-string.
    "Observation-code-value-string": "code:code;value-markdown:value.ofType(string)",
    // Defined by ResearchStudy-state, ResearchStudy-period and ResearchStudy-actual.
    "ResearchStudy-progress-status-state-actual": "phase:state;phase:actual",
    "ResearchStudy-progress-status-state-period": "phase:state;date:period",
    "ResearchStudy-progress-status-state-period-actual": "phase:state;date:period;phase:actual",
    // Defined by TestScript-artifact, TestScript-conformance and TestScript-phase.
    "TestScript-scope-artifact-conformance": "scope-artifact:artifact;context:conformance.ofType(CodeableConcept)",
    "TestScript-scope-artifact-phase": "scope-artifact:artifact;context:phase.ofType(CodeableConcept)",
  },
};

/** By version: the targets of references that have none, and whose element is of every type. */
const TARGETS = {
  // As R4 has them.
  "4.3.0": { "Bundle-composition": ["Composition"], "Bundle-message": ["MessageHeader"] },
};

/** By version: the only system of value sets that the package does not have. */
export const SYSTEMS = {
  "4.3.0": {
    "http://terminology.hl7.org/ValueSet/v3-Confidentiality": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
  },
};

/**
 * A version's parameters with what they are corrected in, without those left out. A correction of
 * what is no longer published fails.
 *
 * @param {string} version
 * @param {object[]} parameters
 */
export function corrected(version, parameters) {
  const known = new Set(parameters.map(({ id }) => id));
  const tables = [ALTERNATIVES, COMPONENTS, TARGETS].map((table) => Object.keys(table[version] ?? {}));
  const stale = [...(LEFT_OUT[version] ?? []), ...tables.flat()].filter((id) => !known.has(id));
  if (stale.length > 0) throw new Error(`FHIR ${version} has no ${stale.join(", ")}`);
  return parameters
    .filter(({ id }) => !LEFT_OUT[version]?.includes(id))
    .map((parameter) => ({
      ...parameter,
      expression: expression(parameter, ALTERNATIVES[version]?.[parameter.id] ?? {}),
      components: COMPONENTS[version]?.[parameter.id],
      target: parameter.target ?? TARGETS[version]?.[parameter.id],
    }));
}

function expression({ id, expression: published }, replacements) {
  const parts = alternatives(published);
  const missing = Object.keys(replacements).filter((part) => !parts.includes(part));
  if (missing.length > 0) throw new Error(`${id} has no alternative ${missing.join(", ")}`);
  return parts
    .map((part) => replacements[part] ?? part)
    // No kind of parameter finds an Extension: its value is meant.
    .map((part) => (/\.extension\('[^']*'\)$/.test(part) ? `${part}.value` : part))
    .join(" | ");
}

function partOf(element, part) {
  return { [element]: `${element}.${part}` };
}
