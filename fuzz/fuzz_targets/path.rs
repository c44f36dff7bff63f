//! A search parameter's expression, compiled and walked along.
#![no_main]

use fhir_pull::Code;
use fhir_pull::fhir::json::{Broken, Scanner};
use fhir_pull::search::ParameterKind;
use fhir_pull::search::path::compile;
use fhir_pull::search::plan::{Leaf, Plan, Visitor};
use libfuzzer_sys::fuzz_target;

const RESOURCE: &[u8] = br#"{"resourceType":"Observation","code":{"coding":[{"system":"s","code":"c"}]},
    "valueQuantity":{"value":1},"extension":[{"url":"u","valueCode":"x"}],"entry":[{"resource":{"resourceType":"Patient"}}],"a":[null,{"b":[1,[2]]}]}"#;

struct Passed;

impl Visitor for Passed {
    fn value(&mut self, _: &Leaf, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        scanner.pass().map(drop)
    }
}

fuzz_target!(|expression: &str| {
    match compile(expression) {
        Err(error) => assert_eq!(error.code(), Code::Unsupported),
        Ok(paths) => {
            let mut plan = Plan::default();
            for (number, path) in paths.iter().enumerate() {
                // A path is as long as its expression: `.extension('')` is told as `.extension[url=]`.
                assert!(path.to_string().len() <= 2 * expression.len());
                plan.add(path, number, ParameterKind::Token, "");
            }
            plan.walk(RESOURCE, &mut Passed)
                .expect("a resource that is JSON");
        }
    }
});
