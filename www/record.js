// The parts of a patient's record: who it is, allergies, conditions, medications. Where nothing is
// held the record says what that means: none in this copy, complete or not.

import { ago, age, exactly, moment, readable } from "./dates.js";
import { el } from "./dom.js";
import { address, concept, firstCode, happened, humanName, list, medication, text } from "./fhir.js";

/** Who it is. */
export function demographics(patient) {
  const years = age(text(patient.birthDate), moment(text(patient.deceasedDateTime)) ?? Date.now());
  const born = [readable(text(patient.birthDate)), years === undefined ? "" : `${years} years`].filter(Boolean).join(", ");
  const died = text(patient.deceasedDateTime) ? readable(text(patient.deceasedDateTime)) : patient.deceasedBoolean === true && "yes";
  const phone = list(patient.telecom).find(({ system }) => system === "phone");
  const identifiers = list(patient.identifier).filter(({ value }) => text(value));
  const record = identifiers.find(({ type }) => firstCode(type) === "MR") ?? identifiers[0];
  const fact = (label, value) => value && el("div", {}, el("dt", {}, label), el("dd", {}, value));
  return el(
    "dl",
    { class: "facts", data: { testid: "demographics" } },
    fact("Born", born || "not given"),
    fact("Died", died),
    fact("Gender", text(patient.gender) || "not given"),
    fact("Address", address(list(patient.address)[0])),
    fact("Phone", text(phone?.value)),
    fact(firstCode(record?.type) === "MR" ? "Record number" : "Identifier", text(record?.value)),
  );
}

/** @param {{ extent: string, cursor?: string }} coverage of AllergyIntolerance */
export function allergies(resources, coverage) {
  const rank = (one) => (firstCode(one.clinicalStatus) === "resolved" ? 2 : one.criticality === "high" ? 0 : 1);
  const sorted = [...resources].sort((a, b) => rank(a) - rank(b));
  const items = sorted.map((allergy) => {
    const high = allergy.criticality === "high";
    const reactions = list(allergy.reaction).flatMap(({ manifestation }) => list(manifestation).map((one) => concept(one.concept ?? one)));
    return el(
      "li",
      { class: high ? "high" : undefined, data: { id: text(allergy.id) } },
      el("b", {}, concept(allergy.code)),
      el("span", { class: "tags" }, ...tags([high && "high criticality", firstCode(allergy.clinicalStatus), notConfirmed(allergy)])),
      reactions.length > 0 && el("span", { class: "quiet" }, `Reactions: ${reactions.join(", ")}`),
    );
  });
  if (resources.length === 0) return none("allergies", "AllergyIntolerance", coverage);
  const complete = coverage.extent === "all" && el("p", { class: "quiet" }, extentOf("AllergyIntolerance", coverage));
  return el("div", {}, el("ul", { class: "plain-list" }, ...items), complete, warning("AllergyIntolerance", coverage));
}

/** Those that go on first; the others fold away. */
export function conditions(resources, coverage) {
  const over = new Set(["resolved", "inactive", "remission"]);
  const item = (condition) => {
    const end = text(condition.abatementDateTime);
    const dates = [readable(happened(condition)), end && `to ${readable(end)}`].filter(Boolean).join(" ");
    return entry(concept(condition.code), dates, [firstCode(condition.clinicalStatus) || "status not given", notConfirmed(condition)]);
  };
  return parted(resources, {
    isOver: (condition) => over.has(firstCode(condition.clinicalStatus)),
    overLabel: "resolved or inactive",
    item,
    what: "conditions",
    type: "Condition",
    coverage,
  });
}

export function medications(resources, coverage) {
  const over = new Set(["stopped", "completed", "cancelled", "entered-in-error"]);
  const item = (request) => {
    const dose = list(request.dosageInstruction).map((one) => text(one.text)).find(Boolean);
    const dates = [readable(happened(request)), dose].filter(Boolean).join(" · ");
    return entry(medication(request), dates, [text(request.status) || "status not given"]);
  };
  return parted(resources, {
    isOver: (request) => over.has(request.status),
    overLabel: "stopped or completed",
    item,
    what: "medications",
    type: "MedicationRequest",
    coverage,
  });
}

/** Says that nothing is held, and what that does and does not mean. */
export function none(what, type, coverage) {
  return el(
    "div",
    { class: "none", data: { extent: coverage.extent } },
    el("p", {}, el("b", {}, `No ${what} are held for this patient.`), " This means none in this copy."),
    el("p", {}, extentOf(type, coverage)),
  );
}

/** How much of a type the copy has, and as of when. */
function extentOf(type, { extent, cursor }) {
  if (extent === "none") return `${type} was not pulled: there may be some on the server.`;
  if (extent === "part") return `Only a part of ${type} was pulled, or not to its end: there may be more on the server.`;
  const at = moment(cursor);
  return at === undefined ? `All of ${type} was pulled.` : `All of ${type} was pulled, last up to ${exactly(cursor)} by the server’s clock (${ago(at)}).`;
}

/** What stands with a part that shows something: a warning if there may be more. */
export function warning(type, coverage) {
  return coverage.extent !== "all" && el("p", { class: "none", data: { extent: coverage.extent } }, extentOf(type, coverage));
}

/** A name for a patient whose record this is. */
export const nameOf = (patient) => humanName(patient?.name);

function parted(resources, { isOver, overLabel, item, what, type, coverage }) {
  if (resources.length === 0) return none(what, type, coverage);
  const newestFirst = [...resources].sort((a, b) => (moment(happened(b)) ?? 0) - (moment(happened(a)) ?? 0));
  const now = newestFirst.filter((one) => !isOver(one));
  const then = newestFirst.filter(isOver);
  return el(
    "div",
    {},
    now.length > 0 ? el("ul", { class: "plain-list" }, ...now.map(item)) : el("p", { class: "quiet" }, "None active."),
    then.length > 0 &&
      el("details", { data: { part: "over" } }, el("summary", {}, `${then.length} ${overLabel}`), el("ul", { class: "plain-list" }, ...then.map(item))),
    warning(type, coverage),
  );
}

function entry(words, dates, marks) {
  return el("li", {}, el("b", {}, words), el("span", { class: "tags" }, ...tags(marks)), dates && el("span", { class: "quiet" }, dates));
}

function tags(words) {
  return words.filter(Boolean).map((word) => el("span", { class: "tag", data: { tag: word } }, word));
}

function notConfirmed({ verificationStatus }) {
  const code = firstCode(verificationStatus);
  return code === "confirmed" ? "" : code;
}
