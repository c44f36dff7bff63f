//! The search parameters, compartments and summaries of a FHIR version, out of HL7's definitions.
//!
//! The tables are the engine's, as they are data; how they are read is not.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::path::Path;

/// A FHIR version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    R4,
    R4B,
    R5,
}

/// The type of a search parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Token,
    Reference,
    Date,
    Text,
    Number,
    Quantity,
    Uri,
    Composite,
    Special,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) code: String,
    pub(crate) kind: Kind,
    pub(crate) path: Path,
    /// Of a reference: the types that it may point to.
    pub(crate) targets: Vec<String>,
    /// Of a composite: its components' codes, and where they are within its element.
    pub(crate) components: Vec<(String, Path)>,
    /// Of a token: the system of its elements of type `code`.
    pub(crate) system: Option<String>,
}

/// An element of a subset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// A choice of types ends with `[x]`.
    pub(crate) name: String,
    pub(crate) part: Part,
}

/// What of an element is in a subset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    /// These children, and `modifierExtension`.
    Children(Vec<Element>),
    /// The same children as of the element around it.
    AsAround,
}

impl Element {
    pub(crate) fn whole(name: &str) -> Element {
        Element {
            name: name.to_string(),
            part: Part::Whole,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Type {
    /// By compartment, the codes of the parameters.
    pub(crate) compartments: BTreeMap<String, Vec<String>>,
    /// Elements of a summary.
    pub(crate) summary: Vec<Element>,
    /// Elements that no subset may leave out.
    pub(crate) mandatory: Vec<Element>,
    parameters: Vec<Parameter>,
}

#[derive(Debug)]
pub(crate) struct Definitions {
    types: BTreeMap<String, Type>,
}

impl Definitions {
    pub(crate) fn of(version: Version) -> &'static Definitions {
        static R4: OnceLock<Definitions> = OnceLock::new();
        static R4B: OnceLock<Definitions> = OnceLock::new();
        static R5: OnceLock<Definitions> = OnceLock::new();
        let (known, table) = match version {
            Version::R4 => (&R4, include_str!("../../../src/search/definitions/r4.tsv")),
            Version::R4B => (
                &R4B,
                include_str!("../../../src/search/definitions/r4b.tsv"),
            ),
            Version::R5 => (&R5, include_str!("../../../src/search/definitions/r5.tsv")),
        };
        known.get_or_init(|| read(table))
    }

    /// The concrete types, by name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.types.keys().map(String::as_str);
        names.filter(|name| *name != "Resource")
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Type> {
        self.types.get(kind).filter(|_| kind != "Resource")
    }

    /// A parameter of the type itself, or one that all types have.
    pub(crate) fn parameter(&self, kind: &str, code: &str) -> Option<&Parameter> {
        self.parameters(kind).find(|known| known.code == code)
    }

    pub(crate) fn parameters<'d>(
        &'d self,
        kind: &str,
    ) -> impl Iterator<Item = &'d Parameter> + use<'d> {
        // To a search over all types, `Resource` is the type.
        let own = self.types.get(kind).filter(|_| kind != "Resource");
        let common = self.types.get("Resource");
        let types = own.into_iter().chain(common);
        types.flat_map(|known| &known.parameters)
    }
}

fn read(table: &str) -> Definitions {
    let mut types: Vec<(String, Type)> = Vec::new();
    let all: Vec<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("T\t"))
        .filter(|name| *name != "Resource")
        .map(String::from)
        .collect();
    for line in table.lines() {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        let list = |text: &str| text.split(',').map(String::from).collect::<Vec<_>>();
        let first = field();
        if first == "T" {
            types.push((field().to_string(), Type::default()));
            continue;
        }
        let Some((_, current)) = types.last_mut() else {
            continue;
        };
        match first {
            "C" => {
                current
                    .compartments
                    .insert(field().to_string(), list(field()));
            }
            "S" => current.summary = elements(&mut field().chars()),
            "M" => current.mandatory = elements(&mut field().chars()),
            kind => {
                let (code, expression, more) = (field(), field(), field());
                let expression = if expression.is_empty() {
                    code
                } else {
                    expression
                };
                let kind = kind_of(kind);
                let targets = match (kind, more) {
                    (Kind::Reference, "*") => all.clone(),
                    (Kind::Reference, more) => list(more),
                    _ => Vec::new(),
                };
                let components = more.split(';').filter_map(|one| one.split_once(':'));
                let components = components.map(|(code, path)| (code.to_string(), parsed(path)));
                current.parameters.push(Parameter {
                    code: code.to_string(),
                    kind,
                    path: parsed(expression),
                    targets,
                    components: match kind {
                        Kind::Composite => components.collect(),
                        _ => Vec::new(),
                    },
                    system: (kind == Kind::Token && !more.is_empty()).then(|| more.to_string()),
                });
            }
        }
    }
    // What all types have is said of the first.
    let common = types.iter().find(|(name, _)| name == "Resource");
    let common = common.map(|(_, it)| (it.summary.clone(), it.mandatory.clone()));
    let (summary, mandatory) = common.unwrap_or_default();
    for (_, known) in &mut types {
        known.summary.extend(summary.clone());
        known.mandatory.extend(mandatory.clone());
    }
    Definitions {
        types: types.into_iter().collect(),
    }
}

/// `a,b(c,d()),e[x]`, up to the end or a closing parenthesis.
fn elements(text: &mut std::str::Chars<'_>) -> Vec<Element> {
    let mut all = vec![Element::whole("")];
    while let Some(sign) = text.next() {
        let last = all.len() - 1;
        match sign {
            ',' => all.push(Element::whole("")),
            ')' => break,
            '(' => {
                let children = elements(text);
                let none = children == [Element::whole("")];
                all[last].part = if none {
                    Part::AsAround
                } else {
                    Part::Children(children)
                };
            }
            letter => all[last].name.push(letter),
        }
    }
    all
}

fn parsed(expression: &str) -> Path {
    Path::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

fn kind_of(letter: &str) -> Kind {
    match letter {
        "t" => Kind::Token,
        "r" => Kind::Reference,
        "d" => Kind::Date,
        "s" => Kind::Text,
        "n" => Kind::Number,
        "q" => Kind::Quantity,
        "u" => Kind::Uri,
        "c" => Kind::Composite,
        "x" => Kind::Special,
        _ => panic!("the table has a line of no known kind: {letter}"),
    }
}
