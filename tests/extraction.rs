//! The values that the compiled paths of search parameters lead to, held against those that the npm
//! library `fhirpath` found in HL7's examples: `tests/extraction/extraction.test.mjs` writes them and
//! runs this.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path as File;

use fhir_pull::fhir::Identity;
use fhir_pull::fhir::json::{Broken, Scanner};
use fhir_pull::search::plan::{Leaf, Plan, Visitor};
use fhir_pull::search::{Definitions, Parameter, ParameterKind};
use serde_json::Value;

struct Seen(Vec<Value>);

impl Visitor for Seen {
    fn value(&mut self, _: &Leaf, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        self.0
            .push(serde_json::from_slice(scanner.pass()?).unwrap());
        Ok(())
    }
}

/// Which type a reference is to, by its address or by what it says.
fn target(value: &Value) -> Option<&str> {
    let address = value["reference"].as_str().and_then(Identity::of_url);
    address
        .map(|identity| identity.kind)
        .or_else(|| value["type"].as_str())
}

/// What is found by a parameter's paths, each value once: a union of FHIRPath has no duplicates.
fn found(parameter: &Parameter, resource: &[u8]) -> BTreeSet<String> {
    let paths = match parameter.kind {
        ParameterKind::Composite => &parameter.within,
        _ => &parameter.paths,
    };
    let mut all = BTreeSet::new();
    for path in paths {
        let mut plan = Plan::default();
        plan.add(path, 0, parameter.kind, "");
        let mut seen = Seen(Vec::new());
        plan.walk(resource, &mut seen).unwrap();
        if path.exists {
            let is = seen.0.iter().any(|value| *value != Value::Bool(false));
            all.insert(is.to_string());
            continue;
        }
        let meant = |value: &&Value| {
            path.target
                .as_deref()
                .is_none_or(|wanted| target(value) == Some(wanted))
        };
        all.extend(seen.0.iter().filter(meant).map(normal));
    }
    all
}

/// Numbers to so many digits as two readers of JSON agree on.
fn normal(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{:.12e}", number.as_f64().unwrap()),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(normal).collect();
            format!("[{}]", all.join(","))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", normal(value)));
            let members: BTreeSet<String> = members.collect();
            format!("{{{}}}", members.into_iter().collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[test]
#[ignore = "run by tests/extraction/extraction.test.mjs, which asks the library first"]
fn the_values_are_those_that_fhirpath_finds() {
    let (mut different, mut compared) = (Vec::new(), 0);
    for (version, definitions) in [("r4", Definitions::r4()), ("r5", Definitions::r5())] {
        let folder = File::new(env!("CARGO_MANIFEST_DIR")).join("target/extraction");
        let lines = fs::read_to_string(folder.join(format!("{version}.ndjson"))).unwrap();
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let file = line["file"].as_str().unwrap();
            let kind = line["type"].as_str().unwrap();
            let resource = fs::read(file).unwrap();
            for (code, values) in line["values"].as_object().unwrap() {
                let parameter = definitions.of(kind).parameter(code);
                let ours = parameter.map(|it| found(it, &resource)).unwrap_or_default();
                let theirs: BTreeSet<String> =
                    values.as_array().unwrap().iter().map(normal).collect();
                compared += theirs.len();
                if ours != theirs {
                    let name = File::new(file).file_name().unwrap().to_string_lossy();
                    different.push(format!(
                        "{version} {kind} {code} in {name}:\n  ours {ours:?}\n  fhirpath {theirs:?}"
                    ));
                }
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(
        compared > 10_000,
        "{compared} values are too few to prove anything"
    );
}
