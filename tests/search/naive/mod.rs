//! A FHIR search server over a plain list of resources, written from the specification's text
//! (R5 search.html, and R4's where the tables differ), naive and slow, to hold the engine against.
//! It shares no code with the engine; it reads the same tables, which are data.
//!
//! Where the specification leaves a choice, or its text can be read in two ways, this was chosen:
//!
//! **Values in general**
//! - An empty value, also one of several (`a,,b`), a backslash that escapes nothing, and what is no
//!   date, number or quantity is bad input. A name, modifier or value set that is not known is refused,
//!   never ignored.
//! - Dates without a zone are UTC. A date covers all that its digits leave open, a time with a fraction
//!   as well (`.5` is a tenth of a second), to the millisecond. `_lastUpdated` is a moment
//!   without width; other instants JSON does not tell from dates with a time.
//! - A Period without a start began before any date, one without an end ends after any; one with
//!   neither, or that ends before it starts, is no date. A Timing goes from its first to its last event or bound.
//! - The range above a date begins after all of it, the one below ends before: a Period that ends within
//!   the day searched, and began before it, is not `ge` that day. (Else the second half of the definition of `ge` would say nothing.)
//! - `ap` of a date widens it by a tenth of the gap between now and its nearer end; of a number it
//!   is a tenth of the value to both sides, the ends included, whatever its precision.
//! - A number in a resource is a point: the precision that counts is the one searched. `eq` and
//!   `ne` go by it ([v - half, v + half)), all other prefixes by the exact value. `1e2` is [95, 105), as in the
//!   table of search.html#number: an exponent without a point is read as if `.0` stood there. A
//!   Range is from its low to its high, open where one is missing. A quantity's comparator does not matter.
//! - With several values a prefix holds if it holds for any: `ne` as well.
//!
//! **Strings**: case, diacritics that decompose, and the length of white space don't count;
//! punctuation does. Of a HumanName and an Address each part is compared by itself, as a whole: no word
//! within. `:text` looks for words: all of them, whole, in any order, in one element.
//!
//! **Tokens** are compared as they are, case too, as the tables don't tell `string` from `code`.
//! A `code` is of the system that its parameter's required binding implies, where all of its elements
//! have the same; so `|code` does not match it. A ContactPoint, a boolean, an id, a uri have no system.
//! `:not` and `:not-in` are the complement of the whole list of values: `:not=a,b` is neither. `:text` is the
//! beginning of `CodeableConcept.text`, `Coding.display`, `Identifier.type.text` or `Identifier.assigner.display`. `:in`
//! asks a ValueSet among the resources: its expansion, else what its compose lists (a whole system,
//! codes, other value sets; filters are refused). `:above` and `:below` go by nested concepts of CodeSystems
//! among the resources; a code in none of them is refused.
//!
//! **References**: what is relative, or absolute below the own base, is a resource of the server;
//! anything else is compared as it is. A version is compared only where one is searched. An id alone
//! means any type that the parameter may point to. `#contained` matches nothing, and is not
//! looked into by chains. `where(resolve() is T)` goes by how the reference is written, on any server,
//! and by `Reference.type` where that tells nothing. A canonical is compared by its URL, and by its version where one is
//! searched; chains and includes follow it to the resources with that `url` that are of a type the parameter may point to. A `uri` is compared as it is.
//!
//! **`:missing`**: an element is there if it has more than an id and extensions, whether or not
//! any search could find it.
//!
//! **Chains** go to current versions. A type that has not the next parameter is not meant; the
//! search is refused only if none has it.
//!
//! **`_text` and `_content`** are words, all of them, whole: of the narrative, or of any string of
//! the resource with the narrative's.
//!
//! **`_filter`**: no precedence, left to right. `eq` and the other prefixes are those of search,
//! `eq` of a string the whole string, folded, as is the order of strings, by code points; codes, their systems and
//! uris in lower case, but not ids. Operators that the table of search_filter.html has no meaning for are refused, and
//! `co` of a number: nothing is known of its precision. `pr false` and `ni` hold for the set, the others for any item
//! of it: an item is an element, with all codings or names of it. `_has` as R6 has it.
//!
//! **Sorting**: by the least of several values, descending by the greatest: of a date by its
//! beginning, descending by its end; strings folded, tokens by code, references as `Type/id`. Missing last in both
//! directions. The order of what is equal is not specified: see [`Server::same_order`].
//!
//! **Includes**: those of the page's matches. What is a match of the page is not included again. Only
//! `:iterate` goes on from what was included.
//!
//! **Subsets**: `_summary` holds for included resources too, `_elements` only for matches, unless
//! a type stands before the element. `id`, `meta` and the mandatory and modifying elements are always
//! there, except that `_summary=true` is what the definitions mark and nothing else. A resource is marked as SUBSETTED if
//! something was left out.

mod chain;
mod compartment;
mod date;
mod definitions;
mod escape;
mod evaluate;
mod filter;
mod filter_text;
mod include;
mod number;
mod page;
mod parameter;
mod path;
mod prefix;
mod question;
mod reference;
mod sort;
mod special;
mod terminology;
#[cfg(test)]
mod tests;
mod text;
mod token;

use std::collections::BTreeSet;

use serde_json::Value;

pub(crate) use definitions::{Definitions, Kind, Parameter, Version};

/// Why a search was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It means nothing.
    BadInput(String),
    /// It is not known here, or can't be done with these resources.
    Unsupported(String),
}

/// Holds or does not hold for a resource.
type Condition<'s> = Box<dyn Fn(&Value) -> bool + 's>;

/// Holds or does not hold for an element; what follows is the resource that it is in.
type Check<'s> = Box<dyn Fn(&Value, &Value) -> bool + 's>;

/// What a search finds, over all pages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// `Type/id`, in the order of `_sort`.
    pub(crate) matches: Vec<String>,
    pub(crate) included: BTreeSet<String>,
    pub(crate) total: usize,
}

/// All of a server: its resources as they are now.
#[derive(Debug)]
pub(crate) struct Server {
    definitions: &'static Definitions,
    base: String,
    resources: Vec<Value>,
    /// Milliseconds since 1970, for `ap`.
    now: i128,
}

impl Server {
    /// `base` is its address; `now`, in milliseconds since 1970, is what `ap` goes by.
    pub(crate) fn new(version: Version, base: &str, now: i64, resources: Vec<Value>) -> Server {
        Server {
            definitions: Definitions::of(version),
            base: base.to_string(),
            resources,
            now: now.into(),
        }
    }

    /// What `Type?parameters`, `?parameters`, `Type/id/Type?parameters` or `Type/id/*?parameters` finds.
    pub(crate) fn search(&self, query: &str) -> Result<Answer, Refusal> {
        let question = self.question(query)?;
        let matches = self.sorted(&question);
        let included = self.included(&question, &matches);
        Ok(Answer {
            total: matches.len(),
            matches: matches.into_iter().map(name).collect(),
            included: included.into_iter().map(name).collect(),
        })
    }

    fn of_type<'s>(&'s self, kind: &str) -> impl Iterator<Item = &'s Value> + use<'s> {
        let kind = kind.to_string();
        self.resources
            .iter()
            .filter(move |resource| resource["resourceType"] == kind.as_str())
    }

    fn known_type(&self, kind: &str) -> Result<&'static definitions::Type, Refusal> {
        let unknown = || Refusal::Unsupported(format!("the type {kind}"));
        self.definitions.get(kind).ok_or_else(unknown)
    }
}

/// `Type/id`
fn name(resource: &Value) -> String {
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    format!("{}/{}", text("resourceType"), text("id"))
}
