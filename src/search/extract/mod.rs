//! What a resource offers to be found by: one walk over its JSON, no tree.

mod dated;
mod measured;

use std::cell::Cell;

use super::definitions::{Definitions, TypeDefinition};
use super::parameter::{Form, Parameter, ParameterKind};
use super::path::{Path, compile};
use super::plan::{Leaf, Plan, Visitor};
use super::term;
use crate::fhir::json::{Broken, Kind, Scanner, Text};
use crate::fhir::{DateRange, Decimal, Identity};

/// Takes what is found, resource by resource.
pub trait Sink {
    /// The resource at hand has this term in the column of that number. An empty term says that there
    /// is a value which nothing can be found by.
    fn term(&mut self, column: usize, term: &[u8]);
    /// The resource at hand covers this range of time in the column of that number.
    fn range(&mut self, column: usize, range: DateRange);
    /// The resource at hand has this number in the column of that number.
    fn number(&mut self, column: usize, measure: Measure<'_>);
}

/// A number, or the ends of a range of numbers, with its unit.
#[derive(Clone, Copy, Debug)]
pub struct Measure<'a> {
    /// As [`term::unit`] writes it.
    pub unit: &'a [u8],
    /// The lower end; open where it is missing.
    pub low: Option<Decimal>,
    /// The upper end.
    pub high: Option<Decimal>,
}

/// Extracts for the resources of one server. Keeps a buffer, so that a term costs no allocation.
#[derive(Debug)]
pub struct Extractor {
    base: String,
    term: Vec<u8>,
    /// References met last: neighbours mostly refer to the same patient and encounter.
    references: [Written; 16],
    /// The columns of the resource at hand that have something which is not `false`.
    existing: Vec<usize>,
}

/// A reference as it stands in a resource, and its term.
#[derive(Debug, Default)]
struct Written {
    text: Vec<u8>,
    term: Vec<u8>,
}

impl Measure<'_> {
    /// A quantity without a number.
    const NONE: Measure<'static> = Measure {
        unit: &[],
        low: None,
        high: None,
    };
}

impl Extractor {
    /// For resources of the server at `base`, without a slash at its end.
    pub fn new(base: &str) -> Self {
        Extractor {
            base: base.to_string(),
            term: Vec::new(),
            references: Default::default(),
            existing: Vec::new(),
        }
    }

    /// Gives `sink` every term, range and number of one resource of type `kind`.
    ///
    /// # Errors
    /// Where the bytes are no JSON; what was given until then is to be thrown away.
    pub fn extract(
        &mut self,
        definitions: &Definitions,
        kind: &str,
        resource: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<(), Broken> {
        let definition = definitions.of(kind);
        self.by_plan(&definition.plan, resource, sink)
    }

    /// The same for the columns of a plan of its own.
    ///
    /// # Errors
    /// Where the bytes are no JSON.
    pub fn by_plan(
        &mut self,
        plan: &Plan,
        resource: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<(), Broken> {
        self.existing.clear();
        plan.walk(resource, &mut Values { to: self, sink })?;
        for column in &plan.otherwise_false {
            let is = self.existing.contains(column);
            term::token(&mut self.term, b"", if is { b"true" } else { b"false" });
            sink.term(*column, &self.term);
        }
        Ok(())
    }
}

/// What a ContactPoint's system says is how, and no system of codes.
const CONTACT_SYSTEMS: [&[u8]; 7] = [
    b"phone", b"fax", b"pager", b"email", b"sms", b"url", b"other",
];

/// What an [`Extractor`] sees on its way.
struct Values<'e> {
    to: &'e mut Extractor,
    sink: &'e mut dyn Sink,
}

impl Visitor for Values<'_> {
    fn value(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        if leaf.exists {
            if scanner.pass()? != b"false" {
                self.to.existing.push(leaf.column);
            }
            return Ok(());
        }
        let (found, value) = scanner.slice(|scanner| match leaf.kind {
            ParameterKind::Token => self.token(leaf, scanner),
            ParameterKind::Reference => self.reference(leaf, scanner),
            ParameterKind::String => self.string(leaf, scanner),
            ParameterKind::Uri => self.uri(leaf, scanner),
            ParameterKind::Date => {
                let range = dated::range(scanner)?;
                range
                    .into_iter()
                    .for_each(|range| self.sink.range(leaf.column, range));
                Ok(range.is_some())
            }
            ParameterKind::Number | ParameterKind::Quantity => {
                let mut take = |measure: Measure<'_>| self.sink.number(leaf.column, measure);
                measured::measures(&mut self.to.term, scanner, &mut take)
            }
            ParameterKind::Composite | ParameterKind::Special => scanner.pass().map(|_| true),
        })?;
        if !found && has_content(value)? {
            match leaf.kind.form() {
                Form::Terms => self.sink.term(leaf.column, b""),
                Form::Dates => self.sink.range(leaf.column, DateRange::NEVER),
                Form::Numbers => self.sink.number(leaf.column, Measure::NONE),
            }
        }
        Ok(())
    }
}

/// Whether a value has more than an id and extensions: whether there is anything at all.
fn has_content(value: &[u8]) -> Result<bool, Broken> {
    let mut scanner = Scanner::new(value);
    if scanner.kind()? != Kind::Object {
        return Ok(true);
    }
    let (mut more, mut url, mut members) = (false, false, 0);
    scanner.object(|scanner, key| {
        members += 1;
        url |= key == b"url";
        more |= !matches!(key, b"id" | b"extension");
        scanner.pass().map(drop)
    })?;
    // Of an extension, the url alone says nothing.
    Ok(more && !(url && members == 1))
}

impl Values<'_> {
    /// A code, boolean, Coding, CodeableConcept, Identifier or ContactPoint.
    fn token(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<bool, Broken> {
        match scanner.kind()? {
            Kind::String => {
                let code = scanner.string()?.plain();
                Ok(self.token_found(leaf, leaf.system.as_bytes(), &code))
            }
            Kind::Bool | Kind::Number => {
                let code = scanner.pass()?;
                Ok(self.token_found(leaf, b"", code))
            }
            Kind::Object => {
                let (mut system, mut code, mut value, mut found) = (None, None, None, false);
                scanner.object(|scanner, key| {
                    match key {
                        b"coding" if scanner.kind()? == Kind::Array => {
                            scanner.array(|scanner| {
                                found |= self.token(leaf, scanner)?;
                                Ok::<(), Broken>(())
                            })?;
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
                let mut system = system.map(Text::plain).unwrap_or_default();
                if value.is_some() && CONTACT_SYSTEMS.contains(&&*system) {
                    system = Default::default();
                }
                let code = code.or(value).map(Text::plain).unwrap_or_default();
                Ok(found | self.token_found(leaf, &system, &code))
            }
            _ => scanner.pass().map(|_| false),
        }
    }

    fn token_found(&mut self, leaf: &Leaf, system: &[u8], code: &[u8]) -> bool {
        if code.is_empty() && system.is_empty() {
            return false;
        }
        term::token(&mut self.to.term, system, code);
        self.sink.term(leaf.column, &self.to.term);
        true
    }

    /// A Reference, a canonical or uri, or a resource that stands in its place.
    fn reference(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<bool, Broken> {
        let (mut text, mut found) = (None, false);
        let (mut kind, mut id, mut target, mut identifier) = (None, None, None, None);
        match scanner.kind()? {
            Kind::String => text = scanner.string_or_skip()?,
            Kind::Object => scanner.object(|scanner, key| {
                match (key, scanner.kind()?) {
                    (b"reference", Kind::Object) => found |= self.reference(leaf, scanner)?,
                    (b"reference", _) => text = scanner.string_or_skip()?,
                    (b"type", _) => target = scanner.string_or_skip()?,
                    (b"identifier", Kind::Object) => identifier = Some(scanner.pass()?),
                    (b"resourceType", _) => kind = scanner.string_or_skip()?,
                    (b"id", _) => id = scanner.string_or_skip()?,
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
        let mut target = target.map(Text::decode);
        if let Some(text) = text {
            let Extractor {
                base,
                references,
                term: out,
                ..
            } = &mut *self.to;
            let slot = text
                .0
                .iter()
                .rev()
                .take(2)
                .map(|byte| *byte as usize)
                .sum::<usize>();
            let Written { text: last, term } = &mut references[slot % 16];
            if last.as_slice() != text.0 {
                last.clear();
                last.extend_from_slice(text.0);
                term::reference(term, base, &text.decode());
            }
            if !term.is_empty() {
                found = true;
                let asked = target.is_some() || identifier.is_some();
                let named = asked.then(|| term::target(term)).flatten();
                let named = named.map(|kind| kind.to_string().into());
                match &target {
                    Some(target) if named.is_none() => {
                        out.clone_from(term);
                        term::put_target(out, target);
                        self.sink.term(leaf.column, out);
                    }
                    _ => self.sink.term(leaf.column, term),
                }
                target = named.or(target);
            }
        } else if let (Some(kind), Some(id)) = (kind, id) {
            let (kind, id) = (kind.decode(), id.decode());
            term::reference_to(
                &mut self.to.term,
                Identity {
                    kind: &kind,
                    id: &id,
                },
            );
            self.sink.term(leaf.column, &self.to.term);
            found = true;
        }
        if let Some(identifier) = identifier {
            found |= self.identifier(leaf, identifier, target.as_deref())?;
        }
        if let (false, Some(target)) = (found, target) {
            // There is something, and of which type.
            self.to.term.clear();
            term::put_target(&mut self.to.term, &target);
            self.sink.term(leaf.column, &self.to.term);
            found = true;
        }
        Ok(found)
    }

    /// A reference's identifier, for `:identifier`.
    fn identifier(
        &mut self,
        leaf: &Leaf,
        identifier: &[u8],
        target: Option<&str>,
    ) -> Result<bool, Broken> {
        let (mut system, mut value) = (None, None);
        Scanner::new(identifier).object(|scanner, key| {
            match key {
                b"system" => system = scanner.string_or_skip()?,
                b"value" => value = scanner.string_or_skip()?,
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?;
        let Some(value) = value else { return Ok(false) };
        let system = system.map(Text::decode).unwrap_or_default();
        term::identifier(&mut self.to.term, &system, &value.decode());
        term::put_target(&mut self.to.term, target.unwrap_or_default());
        self.sink.term(leaf.column, &self.to.term);
        Ok(true)
    }

    /// A string, or the parts of a HumanName or Address, each a string of its own.
    fn string(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<bool, Broken> {
        let found = Cell::new(false);
        match scanner.kind()? {
            Kind::String => {
                let text = scanner.string()?.decode();
                term::string(&mut self.to.term, &text);
                if !self.to.term.is_empty() {
                    self.sink.term(leaf.column, &self.to.term);
                    found.set(true);
                }
            }
            Kind::Array => scanner.array(|scanner| {
                found.set(self.string(leaf, scanner)? | found.get());
                Ok::<(), Broken>(())
            })?,
            Kind::Object => scanner.object(|scanner, key| match scanner.kind()? {
                Kind::String | Kind::Array if term::STRING_PARTS.contains(&key) => {
                    found.set(self.string(leaf, scanner)? | found.get());
                    Ok(())
                }
                _ => scanner.pass().map(drop),
            })?,
            _ => {
                scanner.pass()?;
            }
        }
        Ok(found.get())
    }

    fn uri(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<bool, Broken> {
        let Some(text) = scanner.string_or_skip()? else {
            return Ok(false);
        };
        let text = text.plain();
        self.sink.term(leaf.column, &text);
        Ok(!text.is_empty())
    }
}

/// The references of resources, by the paths that lead to them.
#[derive(Debug)]
pub struct References {
    plan: Plan,
    extractor: Extractor,
}

impl References {
    /// Along these expressions.
    ///
    /// # Errors
    /// Those of [`compile`].
    pub fn new(base: &str, expressions: &[&str]) -> crate::Result<Self> {
        let mut plan = Plan::default();
        for (number, expression) in expressions.iter().enumerate() {
            for path in compile(expression)? {
                plan.add(&path, number, ParameterKind::Reference, "");
            }
        }
        let extractor = Extractor::new(base);
        Ok(References { plan, extractor })
    }

    /// Along the paths of these parameters.
    pub fn by<'p>(base: &str, parameters: impl IntoIterator<Item = &'p Parameter>) -> Self {
        let mut plan = Plan::default();
        for (number, parameter) in parameters.into_iter().enumerate() {
            for path in &parameter.paths {
                plan.add(path, number, ParameterKind::Reference, "");
            }
        }
        let extractor = Extractor::new(base);
        References { plan, extractor }
    }

    /// Gives `take` the term of each reference, and the number of the expression or parameter.
    ///
    /// # Errors
    /// Where the bytes are no JSON.
    pub fn of(
        &mut self,
        resource: &[u8],
        take: &mut dyn FnMut(usize, &[u8]),
    ) -> Result<(), Broken> {
        self.extractor
            .by_plan(&self.plan, resource, &mut OnlyTerms(take))
    }
}

struct OnlyTerms<'a>(&'a mut dyn FnMut(usize, &[u8]));

impl Sink for OnlyTerms<'_> {
    fn term(&mut self, column: usize, term: &[u8]) {
        (self.0)(column, term);
    }
    fn range(&mut self, _: usize, _: DateRange) {}
    fn number(&mut self, _: usize, _: Measure<'_>) {}
}

impl TypeDefinition {
    /// A plan for some paths alone, in columns by their position, read as `kind` says.
    pub fn plan_of(paths: &[Path], kind: ParameterKind, system: &str) -> Plan {
        let mut plan = Plan::default();
        for (number, path) in paths.iter().enumerate() {
            plan.add(path, number, kind, system);
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Found(Vec<(usize, String)>);

    impl Sink for Found {
        fn term(&mut self, column: usize, term: &[u8]) {
            let text = String::from_utf8_lossy(term).replace('\0', "|");
            self.0.push((column, text));
        }
        fn range(&mut self, column: usize, range: DateRange) {
            let open = |at: i64| at == DateRange::EARLIEST || at == DateRange::LATEST;
            let end = |at: i64| match open(at) {
                true => "*".into(),
                false => crate::fhir::Instant(at).to_string(),
            };
            let text = format!("{}..{}", end(range.low), end(range.high));
            self.0.push((column, text));
        }
        fn number(&mut self, column: usize, measure: Measure<'_>) {
            let unit = String::from_utf8_lossy(measure.unit).replace('\0', "|");
            let end = |at: Option<Decimal>| {
                at.map_or("*".into(), |at| format!("{}e{}", at.mantissa, at.exponent))
            };
            self.0.push((
                column,
                format!("{}..{} {unit}", end(measure.low), end(measure.high)),
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
        let columns = &definitions.of(kind).columns;
        let shown = found
            .0
            .iter()
            .map(|(at, text)| format!("{}={text}", columns[*at].name));
        let mut shown: Vec<_> = shown.collect();
        shown.sort();
        shown
    }

    #[test]
    fn an_observation_is_found_by_what_it_says() {
        let resource = r#"{"resourceType":"Observation","status":"final",
          "code":{"text":"t","coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"},{"code":"h"}]},
          "subject":{"display":"x","reference":"https://x.org/fhir/Patient/1"},
          "encounter":{"identifier":{"system":"s","value":"v"}},"device":{"display":"d"},
          "effectiveDateTime":"2011-02-02T16:30:49-05:00","valueQuantity":{"value":1.80,"unit":"m","code":"m","system":"u"},
          "component":[{"code":{"coding":[{"code":"no"}]},"valueCodeableConcept":{"text":"only"}}]}"#;
        assert_eq!(
            extracted("Observation", resource),
            [
                "d effective=2011-02-02T21:30:49.000Z..2011-02-02T21:30:49.999Z",
                "q value:Quantity=180e-2..180e-2 m|u|m",
                "r device=",
                "r encounter=\u{2}v|s\u{3}",
                "r subject=Patient/1",
                "t code=8302-2|http://loinc.org",
                "t code=h|",
                "t component.code=no|",
                "t component.value:CodeableConcept=",
                "t status=final|http://hl7.org/fhir/observation-status",
            ]
        );
    }

    #[test]
    fn periods_keep_their_open_ends_and_timings_their_outer_limits() {
        let encounter = r#"{"period":{"start":"2020"}}"#;
        assert_eq!(
            extracted("Encounter", encounter),
            ["d period=2020-01-01T00:00:00.000Z..*"]
        );
        let observation = r#"{"effectiveTiming":{"event":["2020-03-01","2020-01-01"]}}"#;
        assert_eq!(
            extracted("Observation", observation),
            ["d effective=2020-01-01T00:00:00.000Z..2020-03-01T23:59:59.999Z"]
        );
        assert_eq!(extracted("Encounter", r#"{"period":{}}"#), [""; 0]);
    }

    #[test]
    fn each_part_of_a_name_is_a_string_of_its_own_and_death_is_known() {
        let patient = r#"{"name":[{"use":"official","family":"Müller","given":["Ana","B"]},{"text":"Ana M"}],
            "telecom":[{"system":"phone","value":"5"}],"deceasedDateTime":"2020"}"#;
        assert_eq!(
            extracted("Patient", patient),
            [
                "d deceased:dateTime=2020-01-01T00:00:00.000Z..2020-12-31T23:59:59.999Z",
                "e deceased?=true|",
                "s name.family=muller",
                "s name.given=ana",
                "s name.given=b",
                "s name=ana",
                "s name=ana m",
                "s name=b",
                "s name=muller",
                "t telecom=5|",
                "t telecom[system=phone]=5|",
            ]
        );
        assert_eq!(
            extracted("Patient", r#"{"deceasedBoolean":false}"#),
            ["e deceased?=false|"]
        );
        assert_eq!(extracted("Patient", "{}"), ["e deceased?=false|"]);
    }

    #[test]
    fn numbers_have_their_units_and_ranges_both_ends() {
        let risk = r#"{"prediction":[{"probabilityDecimal":0.30},{"probabilityRange":{"low":{"value":1},"high":{"value":2,"unit":"%"}}}]}"#;
        assert_eq!(
            extracted("RiskAssessment", risk),
            [
                "n prediction.probability=1e0..2e0 ||%",
                "n prediction.probability=30e-2..30e-2 ||",
            ]
        );
        let invoice = r#"{"totalNet":{"value":10.5,"currency":"EUR"},"totalGross":{"value":7,"comparator":"<"}}"#;
        assert_eq!(
            extracted("Invoice", invoice),
            [
                "q totalGross=*..7e0 ||",
                "q totalNet=105e-1..105e-1 EUR|urn:iso:std:iso:4217|"
            ]
        );
    }

    #[test]
    fn l9_values_of_the_wrong_kind_offer_nothing_to_be_found_by() {
        let odd = r#"{"code":{},"subject":[null,{"reference":{}}],"effectiveDateTime":"yesterday","effectivePeriod":[],
            "valueQuantity":{"value":"many"}}"#;
        let never = "1970-01-01T00:00:00.001Z..1970-01-01T00:00:00.000Z";
        assert_eq!(
            extracted("Observation", odd),
            [
                &format!("d effective={never}"),
                "q value:Quantity=*..* ",
                "r subject="
            ]
        );
        assert_eq!(
            extracted("Observation", r#"{"code":{"id":"c","extension":[]}}"#),
            [""; 0]
        );
    }
}
