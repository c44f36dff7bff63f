//! `metadata`: what this server does, made from what it does it with.

use super::parameters::Given;
use super::refused::Refused;
use super::{Answered, Serving, ok};
use crate::fhir::text::put_string;
use crate::host::Store;
use crate::replica::Versions;
use crate::search::Parameter;
use crate::search::query::Handling;

/// What is asked of every type, beside its own parameters.
const COMMON: [(&str, &str); 4] = [
    ("_text", "special"),
    ("_content", "special"),
    ("_list", "special"),
    ("_filter", "special"),
];

impl<S: Store> Serving<'_, S> {
    pub(super) fn metadata(&self) -> Answered {
        let mut given = Given::of(&self.query)?;
        given.only(&["mode"], self.wanted.handling == Handling::Strict)?;
        if given.get("mode").is_some_and(|mode| mode != "full") {
            let sentence = "Of its capabilities this server tells all: `mode=full`.";
            return Err(Refused::new(400, "not-supported", sentence));
        }
        Ok(ok(self.statement()))
    }

    fn statement(&self) -> Vec<u8> {
        let definitions = self.replica.definitions();
        let narrowed = self.within.is_some();
        let all = self.replica.status().versions == Versions::All;
        let kept = match all {
            true => "of each resource every version that came is kept and told",
            false => {
                "of each resource the current version alone is kept, and a history tells its latest change"
            }
        };
        let mut out =
            br#"{"resourceType":"CapabilityStatement","status":"active","date":""#.to_vec();
        let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
        put(&self.settings.now.to_string());
        put(r#"","kind":"instance","software":{"name":"fhir-pull","version":""#);
        put(env!("CARGO_PKG_VERSION"));
        put(
            r#""},"implementation":{"description":"A copy of a part of a FHIR server, for reading","url":"#,
        );
        put(&quoted(self.settings.base));
        put(r#"},"fhirVersion":""#);
        put(definitions.version());
        put(
            r#"","format":["application/fhir+json"],"rest":[{"mode":"server","documentation":"Read only: "#,
        );
        put(kept);
        put(
            r#". `_since` of a history is when a change came here, where that was later than the change.","resource":["#,
        );
        for (number, kind) in definitions.types().enumerate() {
            put(if number == 0 {
                r#"{"type":""#
            } else {
                r#",{"type":""#
            });
            put(kind);
            put(
                r#"","interaction":[{"code":"read"},{"code":"vread"},{"code":"history-instance"},{"code":"history-type"},{"code":"search-type"}],"versioning":"versioned","readHistory":"#,
            );
            put(if all { "true" } else { "false" });
            put(r#","conditionalRead":"full-support","searchInclude":["*""#);
            let parameters = definitions
                .of(kind)
                .parameters
                .iter()
                .filter(|it| is_answered(it));
            let parameters: Vec<&Parameter> = parameters.map(|it| &**it).collect();
            for by in parameters.iter().filter(|it| it.kind.name() == "reference") {
                put(&format!(r#","{kind}:{}""#, by.code));
            }
            put(r#"],"searchRevInclude":["*"],"searchParam":["#);
            let own = parameters.iter().map(|it| (&*it.code, it.kind.name()));
            // What a List holds is not asked by somebody whose access is narrowed.
            let common = COMMON
                .iter()
                .filter(|(code, _)| !narrowed || *code != "_list");
            for (number, (code, kind)) in own.chain(common.copied()).enumerate() {
                put(if number == 0 { "" } else { "," });
                put(&format!(r#"{{"name":"{code}","type":"{kind}"}}"#));
            }
            put("]");
            put(match kind {
                "Patient" => {
                    r#","operation":[{"name":"everything","definition":"http://hl7.org/fhir/OperationDefinition/Patient-everything"}]"#
                }
                "Composition" => {
                    r#","operation":[{"name":"document","definition":"http://hl7.org/fhir/OperationDefinition/Composition-document"}]"#
                }
                _ => "",
            });
            put("}");
        }
        put(r#"],"interaction":[{"code":"history-system"},{"code":"search-system"}]"#);
        let mut compartments: Vec<&str> = Vec::new();
        for kind in definitions.types() {
            for (name, _) in &definitions.of(kind).compartments {
                if !compartments.contains(&&**name) {
                    compartments.push(name);
                }
            }
        }
        for (number, name) in compartments.iter().enumerate() {
            put(if number == 0 {
                r#","compartment":[""#
            } else {
                r#"",""#
            });
            put("http://hl7.org/fhir/CompartmentDefinition/");
            put(&name.to_ascii_lowercase());
        }
        put(if compartments.is_empty() {
            "}]}"
        } else {
            r#""]}]}"#
        });
        out
    }
}

/// Whether a search by it is answered: the directory knows ids and times, all else has to stand somewhere.
fn is_answered(parameter: &Parameter) -> bool {
    matches!(&*parameter.code, "_id" | "_lastUpdated")
        || !parameter.sources.is_empty()
        || !parameter.components.is_empty()
}

fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    put_string(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}
