// Searches that the server and a replica of it answer alike, by what they ask for.
//
// `PATIENT` stands for the id of a patient of the data with many Observations; what begins with `own-` is of
// resources.mjs, all other ids are of HL7's examples.

/** One query for each value. */
const each = (start, ...values) => values.map((value) => `${start}${value}`);

const DAY = "2033-06-15";
const NOON = `${DAY}T12:30:00Z`;
const CODES = "http://example.org/codes";
const LOINC = "http://loinc.org";
const SNOMED = "http://snomed.info/sct";
const UCUM = "http://unitsofmeasure.org";
const RECORDS = "http://example.org/records";
const FORMS = "http://example.org/forms";

/** The same resources, whatever their order; included ones as well. @type {Record<string, string[]>} */
export const SAME = {
  "dates, of every precision": [
    ...each("Observation?code=own&date=", "2033", "2033-06", DAY, `${DAY}T12:30Z`, NOON, `${DAY}T12:30:00.500Z`),
    ...each("Observation?code=own&date=", "2033-06-16T04:30:00Z", `${DAY}T23:30:00-05:00`, `${DAY}T14:30:00%2B02:00`),
    ...each("Observation?code=own&date=ne", "2033", "2033-06", DAY),
    ...each("Patient?birthdate=", "1974-12-25", "1982-01", "1932-09", "2024-02-29", "1974-12-25,1982-01-23"),
    ...each("Observation?date=", "2012", "eq2013-04"),
    ...each("Patient?death-date=", "2015", "2024", "ge2015-02-14", "ne2024-03"),
  ],
  "dates, by prefixes": [
    ...each("Observation?code=own&date=gt", "2033-06", DAY, NOON),
    ...each("Observation?code=own&date=ge", DAY, NOON),
    ...each("Observation?code=own&date=lt", DAY, NOON),
    ...each("Observation?code=own&date=le", DAY, NOON),
    ...each("Observation?code=own&date=sa", "2033-06-13", DAY, NOON),
    ...each("Observation?code=own&date=eb", "2033-06-17", `${DAY}T12:30:15Z`),
    ...each("Encounter?date=", "lt2012", "ne2013-03", "sa2013-03-10", "eb2013-03-12", "gt2033-06-02", "sa2033-05"),
    ...each("Patient?birthdate=", "ge1980-01-01", "lt1950", "sa1990", "eb1945-01", "le1950-12-31"),
    ...each("Observation?value-date=", DAY, `gt${DAY}T11:00:00Z`),
    ...each("Observation?date=", "gt2015-06-01", "lt2012-03-01", "le2012-03-01", "ge2014&date=lt2016", "ne2016"),
    ...each("Observation?code=own&date=", `ge${DAY}&date=le${DAY}`, `${DAY},2033-06`, `ge${NOON}&date=lt${DAY}T12:30:20Z`),
    ...["Procedure?date=lt2013-04", "Immunization?date=ne2013-01-10", "MedicationRequest?authoredon=gt2015-01-15"],
    ...["CarePlan?date=ge2012", "Goal?target-date=ge2016", "Slot?start=gt2013-12-25T09:20:00Z"],
    "ServiceRequest?occurrence=2013-05-08",
  ],
  numbers: each("RiskAssessment?probability=", "0.1", "0.30", "3e-1", "2.5e-1", "0.1,0.9", "le0.000168", "0.00017", "0.000168"),
  quantities: [
    ...each("Observation?code=weight&value-quantity=", "70", "70.0", "70||kg", "70||kilo", "70.4||kg", "70,75", "-3", "7e1||kg"),
    ...each("Observation?code=weight&value-quantity=", "gt70||kg", "ge70||kg", "le70||kg", "sa70||kg", "eb70||kg", "ap70||kg"),
    ...each("Observation?value-quantity=", `185|${UCUM}|[lb_av]`, `ge6.3|${UCUM}|mmol/L`, `7.2|${UCUM}|g/dL`, `7|${UCUM}|g/dL`),
    ...each("Observation?component-value-quantity=", "160||mm[Hg]", `lt70|${UCUM}|mm[Hg]`),
    ...each("Observation?combo-value-quantity=", "95||mm[Hg]", `60|${UCUM}|mm[Hg]`),
    ...["Condition?onset-age=44", "Encounter?length=90", "Encounter?length=140||min", "Substance?quantity=ge1"],
  ],
  "tokens, in their four forms": [
    ...each("Observation?code=", "own", `${CODES}|own`, "|own", `${CODES}|`, "8302-2,8867-4&patient=PATIENT"),
    ...each("Observation?code=", `${LOINC}|29463-7`, "http%3A%2F%2Floinc.org%7C29463-7", `${LOINC}|29463-7,${LOINC}|8302-2`),
    ...each("Patient?identifier=", "12345", "no-system", "|no-system", `${RECORDS}|`, "urn:oid:1.2.36.146.595.217.0.1|12345"),
    ...each("Patient?gender=", "male", "male,female", "http://hl7.org/fhir/administrative-gender|female"),
    ...["Patient?active=true", "Patient?active=false", "Patient?deceased=true", "Patient?deceased=false"],
    ...["Patient?language=urn:ietf:bcp:47|nl", "Patient?language=de-CH", "Patient?phone=%2B49 30 555"],
    "Patient?email=p.heuvel@gmail.com",
    ...["Encounter?class=http://terminology.hl7.org/CodeSystem/v3-ActCode|AMB", "Encounter?status=in-progress,planned"],
    ...each("Condition?", "clinical-status=active", `severity=${SNOMED}|24484000`, `body-site=${SNOMED}|`, "stage=14803004"),
    ...each("AllergyIntolerance?", "category=food,medication", "criticality=high", "manifestation=64305001", "severity=severe"),
    ...each("Observation?", `combo-code=${LOINC}|8480-6`, "component-code=upper", "data-absent-reason=|asked-unknown"),
    ...each("Observation?value-concept=", "yes", `${CODES}|yes`, `${SNOMED}|112144000`),
    ...[`Medication?form=${SNOMED}|385055001`, "ImagingStudy?modality=DX", "Group?actual=true", "Questionnaire?status=draft"],
  ],
  "tokens, by modifiers": [
    ...each("Patient?gender:not=", "male", "male,female"),
    ...["Patient?active:not=true", "Patient?identifier:not=no-system", "Encounter?class:not=AMB"],
    "MedicationRequest?status:not=completed",
    ...["Observation?code=own&value-concept:not=yes", "Observation?patient=PATIENT&code:not=29463-7"],
    "Condition?clinical-status:not=active",
    ...["Observation?code:text=Glucose", "Observation?code:text=own", "Observation?value-concept:text=yes"],
    "Condition?code:text=fever",
    `Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|12345`,
    `Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A\\,1`,
  ],
  "what is missing": [
    ...each("Patient?gender:missing=", "true", "false"),
    ...each("Observation?code=own&date:missing=", "true", "false"),
    ...each("Observation?", "value-concept:missing=false", "has-member:missing=false"),
    ...each("Observation?", "category:missing=true&subject=Patient/f001"),
    ...["Patient?birthdate:missing=true", "Patient?death-date:missing=false", "Organization?partof:missing=false"],
    ...["Condition?abatement-date:missing=true", "Questionnaire?url:missing=true", "Patient?_tag:missing=false"],
    "Patient?name:missing=true",
  ],
  strings: [
    ...each("Patient?name=", "Solo", "solo", "Le", "van", "Peter,Leia", "jurgen m", "chalmers&birthdate=lt1980"),
    ...each("Patient?family=", "muller", "m%C3%BCller", "M%C3%9CLLER-L", "Mu%CC%88ller", "obrien", "Windsor,Chalmers"),
    ...each("Patient?family=", "Donald&given=Duck"),
    ...each("Patient?family:exact=", "Chalmers", "M%C3%BCller-L%C3%BCdenscheidt"),
    ...each("Patient?family:contains=", "ALM", "luden", "l%C3%BCden"),
    ...each("Patient?given", "=PET", ":exact=Peter", ":contains=ete", "=van", "=Peter&given=James"),
    ...each("Patient?address", "=pleasantville", "=534", ":contains=street", "-city:exact=Amsterdam", "-city=k%C3%B6ln"),
    ...each("Patient?address", "-postalcode=3999"),
    ...["Practitioner?family=angstrom", "Practitioner?given:contains=art", "Organization?name:contains=health"],
    "Location?name:contains=wing",
    ...["Observation?value-string=50", "List?title=ward", "Composition?title=Consultation"],
  ],
  "signs that are escaped": [
    "Patient?identifier=A\\,1",
    `Patient?identifier=${RECORDS}|A\\,1`,
    `Patient?identifier=urn:oid:1.2.36.146.595.217.0.1|12345,${RECORDS}|A\\,1`,
    "Organization?name=Zusammenschlu%C3%9F\\, Nord",
    "Organization?name:contains=\\, N",
    "Observation?value-string=50 %25 of $5\\, or",
  ],
  references: [
    ...each("Observation?", "patient=PATIENT", "patient=Patient/PATIENT", "subject:Patient=PATIENT", "subject=PATIENT"),
    ...each("Observation?", "patient=PATIENT,example", "subject=Patient/example,Patient/f001"),
    ...each("Observation?", "subject=http://example.org/fhir/Patient/own-patient"),
    ...each("Observation?", "performer:Practitioner=own-doctor", "performer=Organization/own-ward"),
    ...each("Observation?", "has-member=own-light&has-member=own-high"),
    ...["Encounter?service-provider=Organization/f201", "Encounter?part-of=Encounter/own-stay"],
    "Encounter?diagnosis=Condition/stroke",
    ...["Patient?organization=1", "Patient?link=Patient/own-patient", "List?item:Patient=own-patient"],
    "Appointment?actor=Practitioner/example",
    ...["Provenance?target=Condition/own-condition", "Provenance?target=Condition/own-condition/_history/1"],
    ...["MedicationRequest?patient=Patient/PATIENT", "Condition?patient=PATIENT", "CarePlan?goal=Goal/example"],
    "Slot?schedule=Schedule/example",
  ],
  "uris and canonicals": [
    ...each("Questionnaire?url", `=${FORMS}/pain`, `:below=${FORMS}/pain`, `:below=${FORMS}`, `:above=${FORMS}/pain/scale`),
    ...each("QuestionnaireResponse?questionnaire=", `${FORMS}/pain|1`, `${FORMS}/pain|2`, "Questionnaire/gcs"),
    ...["CarePlan?instantiates-uri:missing=false", "Subscription?url=https://biliwatch.com/customers/mount-auburn-miu/on-result"],
  ],
  composites: [
    ...each("Observation?code-value-quantity=", "weight$75", "weight$ge70||kg", `${LOINC}|29463-7$gt60`),
    ...each("Observation?code-value-quantity=", "29463-7$gt60,8302-2$gt170"),
    ...each("Observation?component-code-value-quantity=", "upper$gt150", "upper$95", "lower$95", `${CODES}|lower$le60||mm[Hg]`),
    ...each("Observation?component-code-value-quantity=", "upper$lt100,lower$gt90"),
    ...each("Observation?component-code-value-quantity=", "upper$gt150&component-code-value-quantity=lower$gt90"),
    ...each("Observation?combo-code-value-quantity=", "weight$gt70", "upper$gt150", "8480-6$107"),
    ...["Observation?code-value-concept=own$yes", `Observation?combo-code-value-concept=${LOINC}|883-9$${SNOMED}|112144000`],
    ...[`Observation?code-value-date=own$${DAY}`, "Observation?code-value-string=own$50"],
  ],
  chains: [
    ...each("Observation?patient.", "name=peter", "birthdate=1974-12-25", "identifier=12345"),
    ...each("Observation?patient.", "organization=Organization/1", "name:exact=Peter"),
    ...each("Observation?", "subject:Patient.name=peter", "subject.name=peter", "patient.family=Chalmers&code=29463-7"),
    ...each("Observation?", "patient._tag=ward-7"),
    ...each("Observation?has-member", ".code=pressure", ".component-code=upper", ":Observation.component-value-quantity=gt150"),
    ...each("Observation?performer", ":Practitioner.family=angstrom", ":Organization.partof=Organization/own-house"),
    ...each("Observation?performer", ".name=station"),
    ...each("Condition?", "patient.name=roel", "encounter.status=finished", "encounter:Encounter.length=lt60"),
    ...each("Condition?", "patient.birthdate=1982&code=ill"),
    ...["Organization?partof.name=Krankenhaus", "Patient?organization.name:contains=level"],
    "Immunization?patient.birthdate=lt1980",
  ],
  "chains of two and more": [
    ...each("Observation?patient.", "organization.name=Gastro", "organization.partof.name=Zusammen"),
    ...each("Observation?patient.", "general-practitioner.family=%C3%85ngstr%C3%B6m"),
    ...each("Observation?", "patient:Patient.organization:Organization.partof:Organization.name=Zusammen"),
    ...each("Observation?", "performer:Organization.partof.name=Krankenhaus"),
    ...each("Condition?encounter.part-of.", "status=in-progress", "service-provider.name=Station"),
    ...["Organization?partof.partof.name=Zusammen", "Slot?schedule.actor:Location.name=South"],
  ],
  "those that others refer to": [
    ...each("Patient?_has:Observation:patient:", `code=${LOINC}|29463-7`, "code=8480-6,15074-8"),
    ...each("Patient?_has:Observation:patient:", "value-quantity=gt74||kg&_tag=ward-7"),
    ...each("Patient?_has:", "Condition:patient:code=ill", "List:item:title=ward"),
    ...each("Patient?_has:", "Observation:patient:date=ge2013&_has:Condition:patient:code:missing=false"),
    ...each("Patient?_has:Encounter:patient:_has:", "Condition:encounter:code=ill", "Encounter:part-of:status=finished"),
    ...each("Organization?_has:", "Patient:organization:name=peter", "Organization:partof:_has:Organization:partof:name=Station"),
    ...["Practitioner?_has:Patient:general-practitioner:_tag=ward-7", "Observation?_has:Observation:derived-from:_id=own-panel"],
    "Encounter?_has:Encounter:part-of:class=AMB",
    "Organization?_has:Patient:organization:_has:Observation:patient:code=weight",
  ],
  "with what they refer to": [
    ...each("Observation?_id=f001&_include=Observation:", "subject", "patient", "*", "subject&_include=Observation:performer"),
    ...each("Observation?subject=Patient/example&_include=Observation:subject:", "Patient", "Group"),
    ...each("Observation?_id=own-panel&_include=Observation:", "has-member&_include=Observation:derived-from"),
    ...each("Observation?_id=own-panel&_include=Observation:", "performer:Organization", "*"),
    ...each("Patient?_id=own-newborn&_include=Patient:organization&_include", "=Organization:partof"),
    ...each("Patient?_id=own-newborn&_include=Patient:organization&_include", ":iterate=Organization:partof"),
    "Patient?_id=own-newborn&_include=Patient:link&_include:iterate=Patient:general-practitioner",
    "Encounter?_id=own-visit&_include=Encounter:part-of&_include:iterate=Encounter:service-provider",
    ...["Encounter?_include=Encounter:participant:Practitioner", "Slot?_include=Slot:schedule&_include:iterate=Schedule:actor"],
    ...["Condition?patient=PATIENT&_include=Condition:encounter", "DiagnosticReport?_include=DiagnosticReport:result"],
    "List?_include=List:item",
  ],
  "with what refers to them": [
    ...each("Patient?_id=f201&_revinclude=", "Observation:patient", "Observation:subject&_revinclude=Condition:subject"),
    ...each("Patient?_id=f201&_revinclude=", "Encounter:patient"),
    ...each("Patient?_id=", "example&_revinclude=Observation:subject:Patient", "PATIENT&_revinclude=Encounter:patient"),
    ...each("Patient?_id=", "example&_revinclude=Observation:*"),
    ...each("Organization?_id=own-group&_revinclude", "=Organization:partof", ":iterate=Organization:partof"),
    "Patient?_id=own-patient&_revinclude=Encounter:patient&_revinclude:iterate=Condition:encounter",
    "Observation?_id=own-light&_revinclude=Observation:has-member&_revinclude:iterate=Observation:derived-from",
    ...["Location?_id=1&_revinclude=Location:partof", "Practitioner?_id=f201&_revinclude=Encounter:participant"],
  ],
  "what all resources have": [
    ...each("Patient?_id=", "PATIENT", "PATIENT,example,f001", "example,pat1&gender=male"),
    ...each("Patient?_tag=", `${CODES}|ward-7`, "ward-7", "ward-7,ward-8", `${CODES}|`, "|untitled"),
    ...["Patient?_tag:not=ward-7", "Patient?_security=R", "Patient?_security:not=R", "Patient?_lastUpdated=gt2020&gender=other"],
    ...each("Patient?_profile=http://example.org/profiles/", "inpatient", "adult|2.1"),
    ...["Patient?_profile:below=http://example.org/profiles", "Patient?_source=http://example.org/feeds/admissions"],
    ...["Observation?_profile=http://hl7.org/fhir/StructureDefinition/vitalsigns", "Patient?_list=own-list"],
    "Condition?_list=own-list",
  ],
  compartments: [
    ...each("Patient/PATIENT/", "Observation", `Observation?code=${LOINC}|29463-7`, "Condition", "Encounter?date=ge2015"),
    ...each("Patient/f201/", "Procedure", "Encounter"),
    ...each("Patient/own-patient/", "Observation?code=weight", "Condition?encounter.status=finished"),
    ...["Practitioner/own-doctor/Observation", "Practitioner/f201/Encounter", "Encounter/own-visit/Condition"],
    "Patient/example/Observation?category=vital-signs",
  ],
  "several conditions": [
    "Observation?patient=own-patient&code=weight&value-quantity=gt70||kg&status=final&date:missing=true",
    `Observation?code=${LOINC}|29463-7,${CODES}|weight&patient=PATIENT,own-patient`,
    `Observation?patient=PATIENT&code=${LOINC}|29463-7&date=ge2012-01-01`,
    "Observation?patient=PATIENT&date=ge2010&date=lt2100&status=final&code:not=29463-7",
    "Patient?_has:Condition:subject:severity=24484000&gender=male",
    "DiagnosticReport?date=ge2015-01-01&status=final,amended",
  ],
};

/** What nothing matches, though something is near. */
export const NOTHING = [
  ...each("Patient?name=", "zzzz", "Peter\\,Leia"),
  ...each("Patient?family", "=ludenscheidt", ":exact=chalmers", ":exact=Muller-Ludenscheidt"),
  ...each("Patient?", "_id=nobody", "gender=MALE", "given=der", "language=de", "_lastUpdated=lt2020"),
  ...each("Patient?identifier=", "A,1", "|12345"),
  ...each("Patient?_profile=http://example.org/profiles/adult", "", "|2.0"),
  ...each("Observation?subject", "=Patient/f001&subject=Patient/example", ":Location=example"),
  ...each("Observation?", `code=${SNOMED}|29463-7`, `value-quantity=185|${UCUM}|kg`, `code=own&date=eb${DAY}`),
  ...["Condition?code=|39065001", "Patient/nobody/Observation"],
];

const effective = ({ effectiveDateTime, effectivePeriod }) => Date.parse(effectiveDateTime ?? effectivePeriod.start);
const born = ({ birthDate }) => birthDate ?? null;
const started = ({ period }) => Date.parse(period.start);
const id = (resource) => resource.id;
const code = (resource) => resource.code.coding[0].code;

/**
 * Orders: by the values that the sort goes by. Equal values may come in any order, so what is
 * compared is the row of values, and with `_count` only the first page's.
 */
export const SORTED = [
  { query: "Observation?patient=PATIENT&_sort=date", by: effective },
  { query: "Observation?patient=PATIENT&_sort=-date", by: effective },
  { query: "Observation?patient=PATIENT&_sort=-date&_count=20", by: effective },
  { query: `Observation?code=${LOINC}|29463-7&_sort=-date&_count=5`, by: effective },
  { query: "Patient/PATIENT/Observation?_sort=-date&_count=9", by: effective },
  { query: "Observation?patient=PATIENT&_sort=code,-date", by: (one) => [code(one), effective(one)] },
  { query: "Observation?patient=PATIENT&_sort=-code,date", by: (one) => [code(one), effective(one)] },
  { query: "Observation?patient=PATIENT&_sort=status,-date,_id", by: (one) => [one.status, effective(one), one.id] },
  { query: "Observation?patient=PATIENT&_sort=-_id&_count=10", by: id },
  { query: "Observation?code=weight&value-quantity=gt70||kg&_sort=-value-quantity", by: (one) => one.valueQuantity.value },
  { query: "Patient?birthdate=ge1900&_sort=birthdate", by: born },
  { query: "Patient?birthdate=ge1900&_sort=-birthdate&_count=7", by: born },
  { query: "Patient?_sort=birthdate,_id", by: (one) => [born(one), one.id] },
  { query: "Patient?_sort=-birthdate,_id", by: (one) => [born(one), one.id] },
  { query: "Patient?birthdate:missing=false&_sort=gender,-birthdate,_id", by: (one) => [one.gender, one.birthDate, one.id] },
  { query: "Patient?_sort=-_lastUpdated", by: ({ meta }) => meta.lastUpdated },
  { query: "RiskAssessment?_id=own-tenth,own-third,own-more,own-quarter&_sort=-probability", by: id },
  { query: "Encounter?patient=PATIENT&_sort=class,date", by: (one) => [one.class.code, started(one)] },
  { query: "Encounter?patient=PATIENT&_sort=date&_count=3", by: started },
  { query: "Questionnaire?url:missing=false&_sort=-url", by: ({ url }) => url },
  { query: "MedicationRequest?authoredon:missing=false&_sort=authoredon,_id", by: (one) => [one.authoredOn, one.id] },
];

/** Followed by their links to the end: every match once, no page too long. */
export const PAGED = [
  "Observation?patient=PATIENT&_count=7",
  "Observation?code=weight,own&_count=3",
  "Patient?_sort=birthdate,_id&_count=4",
  "Patient?_sort=-birthdate,_id&_count=11",
  "Encounter?patient=PATIENT&_sort=-date,_id&_count=5",
  "Patient/PATIENT/Observation?_sort=date,_id&_count=40",
];

/** Parts of resources, and totals. */
export const SHAPED = [
  ...each("Patient?_id=own-patient,f001&_summary=", "data", "false"),
  ...each("Patient?gender=male&_summary=count", "", "&name=peter"),
  "Encounter?_id=f201&_summary=true",
  ...each("Patient?gender=male&_count=2&_total=", "accurate", "estimate"),
  "Patient?_id=nobody&_total=accurate",
  "Patient?_id=own-patient,own-doctor&_elements=identifier,active,link",
  "Observation?_id=f001&_elements=status,code,subject",
  "Organization?_elements=name,active&_id=own-house,own-ward",
];
