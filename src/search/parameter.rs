//! A search parameter: its name, how it compares, where its values stand and where they may point.

use super::path::Path;
use std::rc::Rc;

/// How a parameter's values are compared (R5 search.html#ptypes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// Codes, with or without their system.
    Token,
    /// References to other resources.
    Reference,
    /// Ranges of time.
    Date,
    /// Text, folded to lower case without diacritics.
    String,
    /// Numbers without a unit.
    Number,
    /// Numbers with a unit.
    Quantity,
    /// URIs as they are.
    Uri,
    /// Several values of one element together.
    Composite,
    /// By a rule of its own.
    Special,
}

/// What a column of an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Terms with the documents that have them.
    Terms,
    /// Ranges of time, by document.
    Dates,
    /// Numbers with their units, by document.
    Numbers,
}

impl ParameterKind {
    /// By the letter that the table of definitions has for it.
    pub(super) fn of_letter(letter: &str) -> Option<ParameterKind> {
        Some(match letter {
            "t" => ParameterKind::Token,
            "r" => ParameterKind::Reference,
            "d" => ParameterKind::Date,
            "s" => ParameterKind::String,
            "n" => ParameterKind::Number,
            "q" => ParameterKind::Quantity,
            "u" => ParameterKind::Uri,
            "c" => ParameterKind::Composite,
            "x" => ParameterKind::Special,
            _ => return None,
        })
    }

    /// As FHIR calls it (value set search-param-type).
    pub fn name(self) -> &'static str {
        match self {
            ParameterKind::Token => "token",
            ParameterKind::Reference => "reference",
            ParameterKind::Date => "date",
            ParameterKind::String => "string",
            ParameterKind::Number => "number",
            ParameterKind::Quantity => "quantity",
            ParameterKind::Uri => "uri",
            ParameterKind::Composite => "composite",
            ParameterKind::Special => "special",
        }
    }

    /// What its values are kept as.
    pub fn form(self) -> Form {
        match self {
            ParameterKind::Date => Form::Dates,
            ParameterKind::Number | ParameterKind::Quantity => Form::Numbers,
            _ => Form::Terms,
        }
    }
}

/// One search parameter of one type.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name in a query.
    pub code: Rc<str>,
    /// How it compares.
    pub kind: ParameterKind,
    /// Where its values are kept: any of them counts.
    pub sources: Vec<Source>,
    /// Where its values stand in a resource.
    pub paths: Vec<Path>,
    /// What a code without a system means.
    pub system: Rc<str>,
    /// The types that a reference may point to; none: every type.
    pub targets: Vec<Rc<str>>,
    /// Of a composite: within which elements its components are looked for.
    pub within: Vec<Path>,
    /// Of a composite: its parts.
    pub components: Vec<Component>,
}

impl Parameter {
    /// Whether a reference may be to that type.
    pub fn may_point_to(&self, kind: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|target| **target == *kind)
    }
}

/// A column that holds values of a parameter. Several parameters share what comes from one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The column's name.
    pub column: Rc<str>,
    /// For references: only those to this type are the parameter's.
    pub target: Option<Rc<str>>,
}

/// A part of a composite parameter.
#[derive(Clone, Debug)]
pub struct Component {
    /// The parameter that says how its values compare.
    pub code: Rc<str>,
    /// From the composite's element.
    pub paths: Vec<Path>,
}
