// Where HL7's definitions cannot work as they are published: what is taken in their place, and why.
// Everything else is taken as it is, also where it finds nothing.

const AT = "http://hl7.org/fhir/SearchParameter/";

// R5: _in asks for members of lists and groups. Its expression, Resource.id, is not what it finds;
// like _list, which has no expression, it is known by its name.
export const LEFT_OUT = new Set(["Resource-in"]);

// R5 clinical-date: the alternative for Appointment does not name the type, and so would be every
// type's; of the other types none has these elements.
const NAMELESS = "(start | requestedPeriod.start).first()";
const APPOINTMENT = "(Appointment.start | Appointment.requestedPeriod.start).first()";

// R5: these components are defined by parameters that R5 does not have. What is taken is one of the
// same resource type and the same kind: that is all a component needs of it.
const COMPONENTS = new Map([
  ["DeviceDefinition-version", "specification"],
  ["Encounter-period", "date"],
  ["Ingredient-numerator", "strength-concentration-quantity"],
  ["Ingredient-denominator", "strength-concentration-quantity"],
  ["Observation-value-string", "value-markdown"],
  ["ResearchStudy-state", "phase"],
  ["ResearchStudy-period", "date"],
  ["ResearchStudy-actual", "phase"],
  ["TestScript-artifact", "scope-artifact"],
  ["TestScript-conformance", "context"],
  ["TestScript-phase", "context"],
]);

/** The expression of a parameter, or what stands for it. */
export function correctedExpression({ id, expression }) {
  if (id !== "clinical-date") return expression;
  return expression.replace(NAMELESS, APPOINTMENT);
}

/** The code of a parameter of the component's kind, for a definition that names no parameter. */
export function correctedComponent(definition) {
  return COMPONENTS.get(definition.replace(AT, ""));
}
