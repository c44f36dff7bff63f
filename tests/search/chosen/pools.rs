//! The few values that chosen resources have and chosen queries ask for.

/// The types of a world, and their parameters that its resources have values for.
pub(super) const TYPES: [(&str, &[&str]); 13] = [
    (
        "Patient",
        &[
            "_id",
            "_lastUpdated",
            "active",
            "address",
            "address-city",
            "birthdate",
            "death-date",
            "deceased",
            "email",
            "family",
            "gender",
            "general-practitioner",
            "given",
            "identifier",
            "language",
            "link",
            "name",
            "organization",
            "phone",
            "telecom",
        ],
    ),
    (
        "Observation",
        &[
            "_id",
            "_lastUpdated",
            "category",
            "code",
            "code-value-quantity",
            "combo-code",
            "combo-code-value-quantity",
            "combo-value-quantity",
            "component-code",
            "component-code-value-quantity",
            "component-value-quantity",
            "date",
            "encounter",
            "has-member",
            "identifier",
            "patient",
            "performer",
            "status",
            "subject",
            "value-concept",
            "value-date",
            "value-quantity",
            "value-string",
        ],
    ),
    (
        "Encounter",
        &[
            "_id",
            "class",
            "date",
            "identifier",
            "location",
            "part-of",
            "patient",
            "status",
            "subject",
            "type",
        ],
    ),
    (
        "Condition",
        &[
            "_id",
            "abatement-date",
            "category",
            "clinical-status",
            "code",
            "encounter",
            "onset-age",
            "onset-date",
            "patient",
            "recorded-date",
            "subject",
        ],
    ),
    (
        "MedicationRequest",
        &[
            "_id",
            "authoredon",
            "code",
            "encounter",
            "intent",
            "patient",
            "requester",
            "status",
            "subject",
        ],
    ),
    (
        "Practitioner",
        &[
            "_id",
            "active",
            "family",
            "given",
            "identifier",
            "name",
            "telecom",
        ],
    ),
    (
        "Organization",
        &[
            "_id",
            "active",
            "address-city",
            "identifier",
            "name",
            "partof",
            "type",
        ],
    ),
    (
        "List",
        &["_id", "code", "item", "status", "subject", "title"],
    ),
    (
        "ValueSet",
        &[
            "_id",
            "date",
            "name",
            "status",
            "title",
            "url",
            "version",
            "context-type-quantity",
            "context-quantity",
        ],
    ),
    ("CodeSystem", &["_id", "code", "name", "status", "url"]),
    (
        "RiskAssessment",
        &["_id", "date", "patient", "probability", "subject"],
    ),
    (
        "Questionnaire",
        &["_id", "name", "status", "title", "url", "version"],
    ),
    (
        "QuestionnaireResponse",
        &["_id", "authored", "questionnaire", "status", "subject"],
    ),
];

pub(super) const META: [&str; 5] = ["_language", "_profile", "_security", "_source", "_tag"];

pub(super) const IDS: [&str; 6] = ["r0", "r1", "r2", "r3", "r4", "A.b-C"];

/// The second has a hierarchy, in a CodeSystem.
pub(super) const SYSTEMS: [&str; 3] = [
    "http://loinc.org",
    "http://acme.org/codes",
    "http://hl7.org/fhir/administrative-gender",
];

/// `top` is above `mid`, which is above `low`.
pub(super) const CODES: [&str; 9] = ["a", "A", "b", "b2", "top", "mid", "low", "c,d", "e|f$g\\h"];

/// Codes of small value sets, and words for flags.
pub(super) const STATES: [&str; 7] = [
    "male", "female", "active", "final", "true", "false", "planned",
];

pub(super) const TEXTS: [&str; 10] = [
    "Müller",
    "Muller-Smith",
    "smith",
    "Smithson",
    "José María",
    "Åse",
    "O'Neil",
    "Van  der Berg",
    "headache, acute",
    "山田",
];

pub(super) const BEGINNINGS: [&str; 11] = [
    "mu",
    "MÜL",
    "smith",
    "jose",
    "jose\u{301} m",
    "a",
    "o'",
    "van der",
    "headache, a",
    "山",
    "nobody",
];

pub(super) const DATES: [&str; 14] = [
    "2019",
    "2019-05",
    "2019-05-14",
    "2019-05-14T10:00:00Z",
    "2019-05-14T10:00:00.250Z",
    "2019-05-14T10:00:00.5Z",
    "2019-05-14T23:30:00-05:00",
    "2019-05-15T00:00:00+02:00",
    "2020-02-29",
    "2020",
    "2021-12-31T23:59:59+14:00",
    "1969-07-20",
    "2013-11-02",
    "2014-03-13T23:00:00Z",
];

pub(super) const INSTANTS: [&str; 5] = [
    "2019-05-14T10:00:00Z",
    "2019-05-14T10:00:00.250Z",
    "2019-05-15T03:30:00.999+02:00",
    "2020-02-29T00:00:00Z",
    "2021-12-31T23:59:59.999-12:00",
];

/// As they stand in JSON.
pub(super) const NUMBERS: [f64; 11] = [
    0.0, 5.0, 5.4, 5.35, 5.45, 5.449, 99.5, 100.0, 100.5, -3.0, 0.0054,
];

pub(super) const SEARCHED_NUMBERS: [&str; 12] = [
    "0", "5", "5.4", "5.40", "5.0", "1e2", "100", "100.0", "-3", "-3.0", "5.40e-3", "540e-2",
];

pub(super) const UNITS: [(&str, &str); 3] = [
    ("http://unitsofmeasure.org", "mg"),
    ("http://unitsofmeasure.org", "g"),
    ("http://acme.org/units", "mg"),
];

pub(super) const URLS: [&str; 6] = [
    "http://acme.org/ValueSet/v0",
    "http://acme.org/ValueSet/v1",
    "http://acme.org/ValueSet",
    "http://acme.org/ValueSet/v0/x",
    "urn:oid:1.2.3",
    "http://acme.org/codes",
];

pub(super) const CANONICALS: [&str; 5] = [
    "http://acme.org/q",
    "http://acme.org/q|1",
    "http://acme.org/q|1.2",
    "http://acme.org/q|10",
    "http://acme.org/other|1",
];

pub(super) const IDENTIFIER_TYPES: [&str; 2] = ["MR", "DL"];
pub(super) const V2_0203: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
