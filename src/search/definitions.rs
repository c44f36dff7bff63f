//! Which search parameters a type has, from HL7's own definitions.
//!
//! The table of a FHIR version is made by `scripts/definitions.mjs`, which also says what its lines
//! are. A type's lines are compiled when the type is first met.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_64;

use super::parameter::{Component, Form, Parameter, ParameterKind, Source};
use super::path::{self, Path};
use super::plan::Plan;
use crate::{Code, Error, Result};

/// All that is known of one type.
#[derive(Debug, Default)]
pub struct TypeDefinition {
    /// Its parameters, in the order of the table.
    pub parameters: Vec<Rc<Parameter>>,
    /// What of its resources is indexed; the position is the number that extraction gives.
    pub columns: Vec<Column>,
    /// Tells apart definitions that index something else: a fingerprint of the columns' names.
    pub indexed: u64,
    /// How to find all values in one walk.
    pub plan: Plan,
    /// The compartments that it is in, with the codes of the parameters that say so.
    pub compartments: Vec<(Rc<str>, Vec<Rc<str>>)>,
    /// The elements that a summary has, as [`super::shape`] reads them.
    pub summary: Vec<Rc<str>>,
    /// The elements that are there or that change what others mean.
    pub mandatory: Vec<Rc<str>>,
}

/// What is indexed of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The letter of its kind and the path: the same as long as the path is the same.
    pub name: Rc<str>,
    /// What it holds.
    pub form: Form,
}

/// The definitions of one FHIR version.
pub struct Definitions {
    version: Rc<str>,
    /// In the order of their names.
    types: Vec<Type>,
    unknown: TypeDefinition,
}

impl fmt::Debug for Definitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Definitions({})", self.version)
    }
}

struct Type {
    name: Rc<str>,
    lines: Vec<Rc<str>>,
    compiled: OnceCell<TypeDefinition>,
}

impl Definitions {
    /// Those of FHIR R4.
    pub fn r4() -> Self {
        Definitions::compiled_in(include_str!("definitions/r4.tsv"))
    }

    /// Those of FHIR R4B.
    pub fn r4b() -> Self {
        Definitions::compiled_in(include_str!("definitions/r4b.tsv"))
    }

    /// Those of FHIR R5.
    pub fn r5() -> Self {
        Definitions::compiled_in(include_str!("definitions/r5.tsv"))
    }

    #[expect(
        clippy::expect_used,
        reason = "the tables are checked in, and a test reads each"
    )]
    fn compiled_in(table: &str) -> Self {
        Definitions::parse(table).expect("a table of definitions that is checked in")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`Code::BadInput`] where it is none.
    pub fn parse(table: &str) -> Result<Self> {
        let mut lines = table.lines();
        let version = lines.next().and_then(|line| line.strip_prefix("V\t"));
        let version = version.ok_or_else(|| {
            Error::new(
                Code::BadInput,
                "What was given as FHIR definitions is not a table of this package.",
            )
        })?;
        let (mut types, mut common) = (Vec::<Type>::new(), Vec::new());
        for line in lines {
            if let Some(name) = line.strip_prefix("T\t") {
                types.push(Type {
                    name: name.into(),
                    lines: common.clone(),
                    compiled: OnceCell::new(),
                });
            } else if let Some(last) = types.last_mut() {
                match &*last.name {
                    "Resource" => common.push(line.into()),
                    _ => last.lines.push(line.into()),
                }
            }
        }
        types.retain(|known| &*known.name != "Resource");
        Ok(Definitions {
            version: version.into(),
            types,
            unknown: TypeDefinition::default(),
        })
    }

    /// Adds search parameters of an application or a server, a line each: type (`Resource`: every
    /// type), then as the table has it. One that is there already under its name is replaced.
    ///
    /// # Errors
    /// [`Code::BadInput`] for a type or a kind that is unknown, [`Code::Unsupported`] for an expression
    /// that does not compile.
    pub fn add(&mut self, lines: &str) -> Result<()> {
        for line in lines.lines() {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            let (kind, letter, code, expression) = (field(), field(), field(), field());
            let every = matches!(kind, "Resource" | "DomainResource");
            if !every && !self.knows(kind) {
                let version = &self.version;
                let sentence = format!(
                    "The search parameter `{code}` is of `{kind}`, a type that FHIR {version} does not have."
                );
                return Err(Error::new(Code::BadInput, sentence));
            }
            if ParameterKind::of_letter(letter).is_none() {
                let sentence =
                    format!("The search parameter `{code}` is of no kind that is known.");
                return Err(Error::new(Code::BadInput, sentence));
            }
            path::compile(expression)?;
            if ParameterKind::of_letter(letter) == Some(ParameterKind::Composite) {
                for (_, expression) in field().split(';').filter_map(|it| it.split_once(':')) {
                    path::compile(expression)?;
                }
            }
            let line: Rc<str> = line[kind.len() + 1..].into();
            let of_kind = |known: &&mut Type| every || *known.name == *kind;
            for known in self.types.iter_mut().filter(of_kind) {
                known.lines.retain(|line| code_of(line) != Some(code));
                known.lines.push(line.clone());
                known.compiled = OnceCell::new();
            }
        }
        Ok(())
    }

    /// The version of FHIR, such as `4.0.1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether there is such a type.
    pub fn knows(&self, kind: &str) -> bool {
        self.find(kind).is_some()
    }

    /// All types, by name.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(|known| &*known.name)
    }

    /// The definition of `kind`; of a type that is not known, what all types have.
    pub fn of(&self, kind: &str) -> &TypeDefinition {
        match self.find(kind) {
            Some(found) => found
                .compiled
                .get_or_init(|| TypeDefinition::compile(&found.lines)),
            None => &self.unknown,
        }
    }

    fn find(&self, kind: &str) -> Option<&Type> {
        let at = self.types.binary_search_by(|known| (*known.name).cmp(kind));
        at.ok().map(|at| &self.types[at])
    }
}

impl TypeDefinition {
    fn compile(lines: &[Rc<str>]) -> TypeDefinition {
        let mut definition = TypeDefinition::default();
        for line in lines {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            match field() {
                "C" => {
                    let compartment = field().into();
                    definition
                        .compartments
                        .push((compartment, listed(field(), ',')));
                }
                "S" => definition.summary.push(field().into()),
                "M" => definition.mandatory.extend(listed(field(), ',')),
                letter => {
                    // A test holds that every line of the tables compiles; one that did not would
                    // leave its parameter unknown, and a query by it refused.
                    let kind = ParameterKind::of_letter(letter);
                    let (code, expression, more) = (field(), field(), field());
                    let expression = if expression.is_empty() {
                        code
                    } else {
                        expression
                    };
                    if let (Some(kind), Ok(paths)) = (kind, path::compile(expression)) {
                        definition.add(code, (kind, letter), paths, more);
                    }
                }
            }
        }
        let names = definition
            .columns
            .iter()
            .flat_map(|column| [&*column.name, "\n"]);
        definition.indexed = xxh3_64(names.collect::<String>().as_bytes());
        definition
    }

    fn add(
        &mut self,
        code: &str,
        (kind, letter): (ParameterKind, &str),
        paths: Vec<Path>,
        more: &str,
    ) {
        let mut parameter = Parameter {
            code: code.into(),
            kind,
            sources: Vec::new(),
            paths: Vec::new(),
            system: "".into(),
            targets: Vec::new(),
            within: Vec::new(),
            components: Vec::new(),
        };
        match kind {
            ParameterKind::Composite => {
                parameter.within = paths;
                parameter.components = more.split(';').filter_map(component).collect();
            }
            ParameterKind::Special => {}
            // The directory has these.
            _ if matches!(code, "_id" | "_lastUpdated") => {}
            _ => {
                let system = if kind == ParameterKind::Token {
                    more
                } else {
                    ""
                };
                parameter.sources = paths
                    .iter()
                    .map(|path| self.source(letter, kind, path, system))
                    .collect();
                parameter.paths = paths;
                parameter.system = system.into();
                if kind == ParameterKind::Reference && more != "*" {
                    parameter.targets = listed(more, ',');
                }
            }
        }
        let filtered = parameter.sources.iter().map(|source| source.target.clone());
        if let Some(filtered) = filtered
            .collect::<Option<Vec<_>>>()
            .filter(|them| !them.is_empty())
        {
            parameter.targets = filtered;
            parameter.targets.dedup();
        }
        self.parameters.push(Rc::new(parameter));
    }

    /// The column for a path, which may be there already.
    fn source(&mut self, letter: &str, kind: ParameterKind, path: &Path, system: &str) -> Source {
        let name = match path.steps.as_slice() {
            _ if path.exists => format!("e {path}"),
            _ => format!("{letter} {path}"),
        };
        let known = self.columns.iter().position(|column| *column.name == *name);
        let number = known.unwrap_or_else(|| {
            let number = self.columns.len();
            self.plan.add(path, number, kind, system);
            let form = kind.form();
            self.columns.push(Column {
                name: name.into(),
                form,
            });
            number
        });
        Source {
            column: self.columns[number].name.clone(),
            target: path.target.as_deref().map(Rc::from),
        }
    }

    /// The parameter called `code`.
    pub fn parameter(&self, code: &str) -> Option<&Rc<Parameter>> {
        self.parameters
            .iter()
            .find(|parameter| &*parameter.code == code)
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }
}

/// The code of the search parameter that a line of the table is of.
fn code_of(line: &str) -> Option<&str> {
    let (letter, rest) = line.split_once('\t')?;
    ParameterKind::of_letter(letter)?;
    rest.split('\t').next()
}

fn component(text: &str) -> Option<Component> {
    let (code, expression) = text.split_once(':')?;
    Some(Component {
        code: code.into(),
        paths: path::compile(expression).ok()?,
    })
}

fn listed(text: &str, separator: char) -> Vec<Rc<str>> {
    let names = text.split(separator).filter(|name| !name.is_empty());
    names.map(Rc::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_an_application_are_added_and_replace_those_of_their_name() {
        let mut definitions = Definitions::r4();
        let before = definitions.of("Patient").indexed;
        definitions
            .add("Patient\tt\trace\tPatient.extension('http://race.test').value\nResource\ts\tdeceased\tdeceasedBy\n")
            .unwrap();
        let patient = definitions.of("Patient");
        assert_ne!(patient.indexed, before);
        assert!(patient.parameter("race").is_some() && patient.parameter("birthdate").is_some());
        let of_code = |code| {
            patient
                .parameters
                .iter()
                .filter(move |it| &*it.code == code)
        };
        assert_eq!(of_code("deceased").count(), 1);
        assert_eq!(
            patient.parameter("deceased").unwrap().kind,
            ParameterKind::String
        );
        assert_eq!(
            patient.compartments.len(),
            Definitions::r4().of("Patient").compartments.len()
        );
        assert!(definitions.of("Goal").parameter("deceased").is_some());
        for (wrong, code) in [
            ("Pat\tt\ta\tb", Code::BadInput),
            ("Patient\tz\ta\tb", Code::BadInput),
            ("Patient\tt\ta\tname.memberOf('x')", Code::Unsupported),
            ("Patient", Code::BadInput),
        ] {
            let error = definitions.add(wrong).unwrap_err();
            assert_eq!(error.code(), code, "{error}");
        }
    }

    fn versions() -> [Definitions; 3] {
        [Definitions::r4(), Definitions::r4b(), Definitions::r5()]
    }

    #[test]
    fn every_line_of_every_table_compiles() {
        for definitions in versions() {
            let mut parameters = 0;
            for Type { name, lines, .. } in &definitions.types {
                let of = definitions.of(name);
                let expected = lines
                    .iter()
                    .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
                assert_eq!(of.parameters.len(), expected.count(), "{name}");
                assert!(of.columns.len() <= of.parameters.iter().map(|it| it.sources.len()).sum());
                for parameter in &of.parameters {
                    let components = parameter.components.iter();
                    let known = |component: &Component| of.parameter(&component.code).is_some();
                    assert!(components.clone().all(known), "{name}.{}", parameter.code);
                    let composite = parameter.kind == ParameterKind::Composite;
                    assert_eq!(composite, components.len() > 1, "{name}.{}", parameter.code);
                }
                parameters += of.parameters.len();
            }
            assert!(definitions.types.is_sorted_by(|a, b| a.name < b.name));
            assert!(parameters > 1700, "{} {parameters}", definitions.version());
            assert!(definitions.of("NoSuchType").parameters.is_empty());
        }
    }

    #[test]
    fn parameters_along_the_same_path_share_a_column() {
        let definitions = Definitions::r4();
        let observation = definitions.of("Observation");
        let sources = |code| observation.parameter(code).unwrap().sources.clone();
        let (patient, subject) = (sources("patient"), sources("subject"));
        assert_eq!(patient[0].column, subject[0].column);
        assert_eq!(patient[0].target.as_deref(), Some("Patient"));
        assert_eq!(subject[0].target, None);
        let combined: Vec<_> = sources("combo-code")
            .iter()
            .map(|it| it.column.clone())
            .collect();
        assert_eq!(
            combined,
            [
                sources("code")[0].column.clone(),
                sources("component-code")[0].column.clone()
            ]
        );
        let targets = |code| observation.parameter(code).unwrap().targets.clone();
        assert_eq!(targets("patient"), ["Patient".into()]);
        assert!(targets("subject").contains(&"Group".into()));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in ["", "V", "T\tPatient", "{}"] {
            assert_eq!(
                Definitions::parse(text).unwrap_err().code(),
                Code::BadInput,
                "{text}"
            );
        }
    }
}
