//! What a query asks of a resource, as a tree.

use std::rc::Rc;

use super::matcher::{Field, Matcher};
use super::parameter::Parameter;
use super::words::Words;

/// Something that holds for a resource, or doesn't.
#[derive(Clone, Debug)]
pub enum Condition {
    /// One of the values matches.
    Any {
        /// Where to look.
        on: Field,
        /// The values, joined by OR.
        any: Vec<Matcher>,
    },
    /// There is no value at all.
    Missing(Field),
    /// Only the resource itself can tell; those that the index rules out are not asked.
    Read {
        /// What a resource must have to be asked.
        on: Rc<Parameter>,
        /// The questions, joined by OR.
        any: Vec<Check>,
    },
    /// `_text`, `_content`: it says one of these.
    Says {
        /// Anywhere, and not only in its narrative.
        everywhere: bool,
        /// The values, joined by OR.
        any: Vec<Words>,
    },
    /// A chain: one that it refers to fulfils all.
    RefersTo {
        /// The reference.
        by: Rc<Parameter>,
        /// What is asked of each type that it may point to.
        targets: Vec<Target>,
    },
    /// `_has`: one of a type that refers to it fulfils all.
    ReferredBy {
        /// The reference, of the type that is asked.
        by: Rc<Parameter>,
        /// What is asked of that type.
        from: Target,
    },
    /// `_list`: the List of that id names it.
    Listed(String),
    /// A code of the value set that is called so.
    InValueSet {
        /// The parameter that has the code.
        on: Rc<Parameter>,
        /// The value set's url, or `ValueSet/id`.
        value_set: String,
    },
    /// A code that is above or below this one, by a code system that is here.
    Related {
        /// The parameter that has the code.
        on: Rc<Parameter>,
        /// The code system's url; any where it is not given.
        system: Option<String>,
        /// The code.
        code: String,
        /// Above rather than below.
        above: bool,
    },
    /// All hold.
    All(Vec<Condition>),
    /// One holds.
    Either(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// What is asked of the resources of one type.
#[derive(Clone, Debug)]
pub struct Target {
    /// The type.
    pub kind: String,
    /// Each must hold.
    pub all: Vec<Condition>,
}

/// What only the resource itself can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `:exact`: a string is this one, case and diacritics included.
    Exact(String),
    /// `:text` of a token or reference: what people read beside it begins so; folded.
    Text(Vec<u8>),
    /// `:text` of a string: all these words are in it; folded.
    Words(Vec<String>),
    /// A reference names this version: `Patient/1/_history/2`.
    Version(String),
    /// `:of-type`: an identifier has this type and value.
    OfType {
        /// The system of the type's code; any where it is not given.
        system: Option<String>,
        /// The type's code.
        code: String,
        /// The identifier's value.
        value: String,
    },
    /// `ne` of a `_filter`: an element has nothing that this finds.
    Other(Matcher),
    /// A composite: within one element, each component has one of these.
    Together(Vec<Vec<Matcher>>),
}

impl Condition {
    /// What exact terms cost.
    pub const LOOKED_UP: u8 = 1;

    /// What it costs to find out, roughly: what is cheap and leaves little is asked first.
    pub fn cost(&self) -> u8 {
        match self {
            Condition::Any { on: Field::Id, .. } | Condition::Listed(_) => 0,
            Condition::Any { any, .. } => any.iter().map(Matcher::cost).max().unwrap_or(0),
            Condition::All(all) => all.iter().map(Condition::cost).min().unwrap_or(0),
            Condition::InValueSet { .. } | Condition::Related { .. } => 3,
            Condition::Either(any) => any.iter().map(Condition::cost).max().unwrap_or(0).max(3),
            Condition::RefersTo { .. } | Condition::ReferredBy { .. } => 4,
            Condition::Missing(_) => 6,
            Condition::Not(it) => it.cost().max(7),
            Condition::Read { .. } => 9,
            Condition::Says { .. } => 10,
        }
    }
}

impl Matcher {
    fn cost(&self) -> u8 {
        match self {
            Matcher::Term(_) => Condition::LOOKED_UP,
            Matcher::Prefix(_) => 2,
            Matcher::Suffix(_)
            | Matcher::SuffixExcept(..)
            | Matcher::AnyType(_)
            | Matcher::AnyCase(_)
            | Matcher::Order(..)
            | Matcher::Contains(_) => 3,
            Matcher::FoldedPrefix(_) | Matcher::FoldedContains(_) => 4,
            Matcher::Range(..) | Matcher::Number(..) => 5,
        }
    }
}
