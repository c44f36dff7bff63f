//! What a resource offers to be found by: one walk over its JSON, no tree.

use super::definitions::Definitions;
use super::parameter::ParameterKind;
use super::plan::{Leaf, Node};
use super::term;
use crate::fhir::json::{Broken, Kind, Scanner, Text};
use crate::fhir::{DateRange, Identity};

/// Takes what is found, resource by resource.
pub trait Sink {
    /// The resource at hand has this term under the parameter of that number.
    fn term(&mut self, parameter: usize, term: &[u8]);
    /// The resource at hand covers this range under the parameter of that number.
    fn range(&mut self, parameter: usize, range: DateRange);
}

/// Extracts for the resources of one server. Keeps a buffer, so that a term costs no allocation.
#[derive(Debug)]
pub struct Extractor {
    base: String,
    term: Vec<u8>,
    reference: LastReference,
}

/// The reference met last and its term: neighbours mostly refer to the same patient, and several
/// parameters look at one reference.
#[derive(Debug, Default)]
struct LastReference {
    text: Vec<u8>,
    kind: String,
    term: Vec<u8>,
}

impl LastReference {
    fn update(&mut self, base: &str, text: Text<'_>) {
        if self.text == text.0 {
            return;
        }
        self.text.clear();
        self.text.extend_from_slice(text.0);
        let text = text.decode();
        self.kind.clear();
        self.kind
            .push_str(Identity::of_url(&text).map_or("", |identity| identity.kind));
        term::reference(&mut self.term, base, &text);
    }
}

impl Extractor {
    /// For resources of the server at `base`, without a slash at its end.
    pub fn new(base: &str) -> Self {
        Extractor {
            base: base.to_string(),
            term: Vec::new(),
            reference: LastReference::default(),
        }
    }

    /// Gives `sink` every term and range of one resource of type `kind`.
    ///
    /// # Errors
    /// Where the bytes are no JSON; what was given until then is to be thrown away.
    pub fn extract(
        &mut self,
        definitions: &Definitions,
        kind: &str,
        resource: &[u8],
        sink: &mut impl Sink,
    ) -> Result<(), Broken> {
        let plan = &definitions.of(kind).plan;
        if !plan.root.has_children() {
            return Ok(());
        }
        self.walk(&plan.root, &mut Scanner::new(resource), sink)
    }

    fn walk(
        &mut self,
        node: &Node,
        scanner: &mut Scanner<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Broken> {
        match scanner.kind()? {
            Kind::Array => scanner.array(|scanner| self.walk(node, scanner, sink)),
            Kind::Object => scanner.object(|scanner, key| match node.child(key) {
                None => scanner.pass().map(drop),
                Some(child) if child.leaves.is_empty() => self.walk(child, scanner, sink),
                Some(child) => {
                    let value = scanner.pass()?;
                    for leaf in &child.leaves {
                        self.value(leaf, &mut Scanner::new(value), sink)?;
                    }
                    if child.has_children() {
                        self.walk(child, &mut Scanner::new(value), sink)?;
                    }
                    Ok(())
                }
            }),
            _ => scanner.pass().map(drop),
        }
    }

    fn value(
        &mut self,
        leaf: &Leaf,
        scanner: &mut Scanner<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Broken> {
        if scanner.kind()? == Kind::Array {
            return scanner.array(|scanner| self.value(leaf, scanner, sink));
        }
        match leaf.kind {
            ParameterKind::Token => self.token(leaf, scanner, sink),
            ParameterKind::Reference => self.reference(leaf, scanner, sink),
            ParameterKind::Date => date(leaf, scanner, sink),
            ParameterKind::String => self.string(leaf, scanner, sink),
        }
    }

    /// A code, boolean, Coding, CodeableConcept, Identifier or ContactPoint.
    fn token(
        &mut self,
        leaf: &Leaf,
        scanner: &mut Scanner<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Broken> {
        match scanner.kind()? {
            Kind::String => {
                let code = scanner.string()?.decode();
                self.token_found(leaf, "", &code, sink);
            }
            Kind::Bool => {
                let code = String::from_utf8_lossy(scanner.pass()?);
                self.token_found(leaf, "", &code, sink);
            }
            Kind::Object => {
                let (mut system, mut code, mut value) = (None, None, None);
                scanner.object(|scanner, key| {
                    match key {
                        b"coding" if scanner.kind()? == Kind::Array => {
                            scanner.array(|scanner| self.token(leaf, scanner, sink))?;
                        }
                        b"system" => system = scanner.string_or_skip()?,
                        b"code" => code = scanner.string_or_skip()?,
                        b"value" => value = scanner.string_or_skip()?,
                        _ => {
                            scanner.pass()?;
                        }
                    }
                    Ok::<(), Broken>(())
                })?;
                let system = system.map(Text::decode).unwrap_or_default();
                if let Some(code) = code.or(value) {
                    self.token_found(leaf, &system, &code.decode(), sink);
                }
            }
            _ => {
                scanner.pass()?;
            }
        }
        Ok(())
    }

    fn token_found(&mut self, leaf: &Leaf, system: &str, code: &str, sink: &mut impl Sink) {
        if !code.is_empty() {
            term::token(&mut self.term, system, code);
            sink.term(leaf.parameter, &self.term);
        }
    }

    /// A Reference, or a canonical or uri in its place.
    fn reference(
        &mut self,
        leaf: &Leaf,
        scanner: &mut Scanner<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Broken> {
        let mut found = None;
        match scanner.kind()? {
            Kind::String => found = scanner.string_or_skip()?,
            Kind::Object => scanner.object(|scanner, key| {
                match key {
                    b"reference" => found = scanner.string_or_skip()?,
                    _ => {
                        scanner.pass()?;
                    }
                }
                Ok::<(), Broken>(())
            })?,
            _ => {
                scanner.pass()?;
            }
        }
        if let Some(text) = found {
            self.reference.update(&self.base, text);
            let LastReference { kind, term, .. } = &self.reference;
            let is_target = leaf.target.as_deref().is_none_or(|target| target == kind);
            if is_target && !term.is_empty() {
                sink.term(leaf.parameter, term);
            }
        }
        Ok(())
    }

    /// A string, or the parts of a HumanName or Address, each a string of its own.
    fn string(
        &mut self,
        leaf: &Leaf,
        scanner: &mut Scanner<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Broken> {
        const PARTS: [&[u8]; 12] = [
            b"text",
            b"family",
            b"given",
            b"prefix",
            b"suffix",
            b"line",
            b"city",
            b"district",
            b"state",
            b"postalCode",
            b"country",
            b"value",
        ];
        match scanner.kind()? {
            Kind::String => {
                let text = scanner.string()?.decode();
                term::string(&mut self.term, &text);
                if !self.term.is_empty() {
                    sink.term(leaf.parameter, &self.term);
                }
                Ok(())
            }
            Kind::Array => scanner.array(|scanner| self.string(leaf, scanner, sink)),
            Kind::Object => scanner.object(|scanner, key| match scanner.kind()? {
                Kind::String | Kind::Array if PARTS.contains(&key) => {
                    self.string(leaf, scanner, sink)
                }
                _ => scanner.pass().map(drop),
            }),
            _ => scanner.pass().map(drop),
        }
    }
}

/// A date, dateTime or instant, a Period, or the outer limits of a Timing.
fn date(leaf: &Leaf, scanner: &mut Scanner<'_>, sink: &mut impl Sink) -> Result<(), Broken> {
    let mut limits = Limits::default();
    match scanner.kind()? {
        Kind::String => limits.moment(scanner)?,
        Kind::Object => limits.members(scanner)?,
        _ => {
            scanner.pass()?;
        }
    }
    if let Some(range) = limits.range() {
        sink.range(leaf.parameter, range);
    }
    Ok(())
}

/// The earliest and latest of what was met; an open end of a Period stays open.
#[derive(Default)]
struct Limits {
    low: Option<i64>,
    high: Option<i64>,
}

impl Limits {
    fn moment(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        let text = scanner.string_or_skip()?.map(Text::decode);
        if let Some(range) = text.and_then(|text| DateRange::parse(&text)) {
            self.low = Some(self.low.map_or(range.low, |low| low.min(range.low)));
            self.high = Some(self.high.map_or(range.high, |high| high.max(range.high)));
        }
        Ok(())
    }

    /// The members of a Period (`start`, `end`) or a Timing (`event`, `repeat.boundsPeriod`).
    fn members(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        scanner.object(|scanner, key| {
            match (key, scanner.kind()?) {
                (b"start", _) => {
                    let mut start = Limits::default();
                    start.moment(scanner)?;
                    self.low = self.low.or(start.low);
                }
                (b"end", _) => {
                    let mut end = Limits::default();
                    end.moment(scanner)?;
                    self.high = self.high.or(end.high);
                }
                (b"event", Kind::Array) => scanner.array(|scanner| self.moment(scanner))?,
                (b"repeat" | b"boundsPeriod", Kind::Object) => self.members(scanner)?,
                _ => {
                    scanner.pass()?;
                }
            }
            Ok(())
        })
    }

    fn range(&self) -> Option<DateRange> {
        if self.low.is_none() && self.high.is_none() {
            return None;
        }
        Some(DateRange {
            low: self.low.unwrap_or(DateRange::EARLIEST),
            high: self.high.unwrap_or(DateRange::LATEST),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Found(Vec<(usize, String)>);

    impl Sink for Found {
        fn term(&mut self, parameter: usize, term: &[u8]) {
            let text = String::from_utf8_lossy(term).replace('\0', "|");
            self.0.push((parameter, text));
        }
        fn range(&mut self, parameter: usize, range: DateRange) {
            let open = |at: i64| at == DateRange::EARLIEST || at == DateRange::LATEST;
            let end = |at: i64| {
                if open(at) {
                    "*".into()
                } else {
                    crate::fhir::Instant(at).to_string()
                }
            };
            self.0.push((
                parameter,
                format!("{}..{}", end(range.low), end(range.high)),
            ));
        }
    }

    fn extracted(kind: &str, resource: &str) -> Vec<String> {
        let definitions = Definitions::r4();
        let mut found = Found::default();
        let mut extractor = Extractor::new("https://x.org/fhir");
        extractor
            .extract(&definitions, kind, resource.as_bytes(), &mut found)
            .unwrap();
        let parameters = &definitions.of(kind).parameters;
        let mut found: Vec<_> = found
            .0
            .into_iter()
            .map(|(at, text)| format!("{}={text}", parameters[at].code))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn an_observation_is_found_by_code_subject_patient_and_date() {
        let resource = r#"{"resourceType":"Observation","status":"final",
          "code":{"text":"t","coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"},{"code":"h"}]},
          "subject":{"display":"x","reference":"https://x.org/fhir/Patient/1"},
          "effectiveDateTime":"2011-02-02T16:30:49-05:00","component":[{"code":{"coding":[{"code":"no"}]}}]}"#;
        assert_eq!(
            extracted("Observation", resource),
            [
                "code=8302-2|http://loinc.org",
                "code=h|",
                "date=2011-02-02T21:30:49.000Z..2011-02-02T21:30:49.999Z",
                "patient=Patient/1",
                "subject=Patient/1",
            ]
        );
    }

    #[test]
    fn periods_keep_their_open_ends_and_timings_their_outer_limits() {
        let encounter = r#"{"period":{"start":"2020"}}"#;
        assert_eq!(
            extracted("Encounter", encounter),
            ["date=2020-01-01T00:00:00.000Z..*"]
        );
        let observation = r#"{"effectiveTiming":{"event":["2020-03-01","2020-01-01"]}}"#;
        assert_eq!(
            extracted("Observation", observation),
            ["date=2020-01-01T00:00:00.000Z..2020-03-01T23:59:59.999Z"]
        );
        assert_eq!(extracted("Encounter", r#"{"period":{}}"#), [""; 0]);
    }

    #[test]
    fn each_part_of_a_name_is_a_string_of_its_own() {
        let patient = r#"{"name":[{"use":"official","family":"Müller","given":["Ana","B"]},{"text":"Ana M"}]}"#;
        assert_eq!(
            extracted("Patient", patient),
            ["name=ana", "name=ana m", "name=b", "name=muller"]
        );
    }

    #[test]
    fn a_subject_that_is_no_patient_is_found_by_subject_only() {
        let group = r#"{"subject":{"reference":"Group/1"}}"#;
        assert_eq!(extracted("Observation", group), ["subject=Group/1"]);
    }

    #[test]
    fn l9_values_of_the_wrong_kind_offer_nothing() {
        let odd = r#"{"code":7,"subject":[null,{"reference":{}}],"effectiveDateTime":"yesterday","effectivePeriod":[]}"#;
        assert_eq!(extracted("Observation", odd), [""; 0]);
    }
}
