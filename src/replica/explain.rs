//! What answering a query takes: in which order its conditions are asked, how each is found out, what
//! it leaves, and what is read for it.

use serde::Serialize;

use super::asked::{Asked, Set};
use super::{Replica, Snapshot};
use crate::Result;
use crate::host::Store;
use crate::search::Query;
use crate::search::condition::{Condition, Target};
use crate::search::matcher::{Field, Matcher};
use crate::search::query::Handling;

/// How a query was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Each type that was searched.
    pub types: Vec<OfType>,
    /// By what the matches are sorted.
    pub sort: Vec<String>,
    /// Parameters that were left out.
    pub ignored: Vec<String>,
    /// How many match.
    pub total: usize,
    /// What was read to find them and to write the page; searches at the same time count in.
    pub reads: Reads,
}

/// How the matches of a type were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OfType {
    /// The resource type.
    pub r#type: String,
    /// How many segments hold it.
    pub segments: usize,
    /// In the order in which they were asked.
    pub steps: Vec<Step>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The parameters that it is of; no value.
    pub parameters: String,
    /// How it was found out.
    pub by: &'static str,
    /// How many resources it left.
    pub left: usize,
}

/// What was brought from the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// Values.
    pub values: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Pieces of them that were inflated and decoded; what was cached is not counted.
    pub frames: u64,
}

impl Reads {
    fn since(self, before: Reads) -> Reads {
        Reads {
            values: self.values - before.values,
            bytes: self.bytes - before.bytes,
            frames: self.frames - before.frames,
        }
    }
}

impl<S: Store> Replica<S> {
    /// Answers a query and says how.
    ///
    /// # Errors
    /// Those of [`search`](Self::search).
    pub async fn explain(&self, query: &str, handling: Handling) -> Result<Explanation> {
        let query = Query::parse(&self.reading(handling), query)?;
        self.consistent(async |snapshot: &Snapshot| {
            let before = self.reads.get();
            let mut types = Vec::with_capacity(query.scopes.len());
            for target in &query.scopes {
                types.push(self.explain_type(snapshot, target).await?);
            }
            let found = self.find(snapshot, &query).await?;
            self.answer(snapshot, &query, &found, self.server()).await?;
            let sort = query.sort.iter().filter_map(|key| key.by.first());
            Ok(Explanation {
                types,
                sort: sort.map(|by| name(by).to_string()).collect(),
                ignored: query.ignored.clone(),
                total: found.total,
                reads: self.reads.get().since(before),
            })
        })
        .await
    }

    async fn explain_type(&self, snapshot: &Snapshot, target: &Target) -> Result<OfType> {
        let sources = self.sources(snapshot, Some(&target.kind)).await?;
        let asked = Asked {
            snapshot,
            kind: &target.kind,
            sources: &sources,
        };
        let (mut steps, mut left) = (Vec::new(), None::<Set>);
        for condition in self.in_order(&asked, &target.all).await? {
            let found = self.holding(&asked, condition, left).await?;
            steps.push(Step {
                parameters: parameters(condition),
                by: condition.by(),
                left: found.iter().map(Vec::len).sum(),
            });
            left = Some(found);
        }
        Ok(OfType {
            r#type: target.kind.clone(),
            segments: sources.len(),
            steps,
        })
    }
}

fn name(field: &Field) -> &str {
    match field {
        Field::Id => "_id",
        Field::LastUpdated => "_lastUpdated",
        Field::Parameter(parameter) => &parameter.code,
    }
}

/// The names of the parameters that a condition is of.
fn parameters(condition: &Condition) -> String {
    let joined = |all: &[Condition]| {
        let mut names: Vec<String> = all.iter().map(parameters).collect();
        names.dedup();
        names.join(", ")
    };
    let chained =
        |by: &str, target: &Target| format!("{by}:{}({})", target.kind, joined(&target.all));
    match condition {
        Condition::Any { on, .. } | Condition::Missing(on) => name(on).to_string(),
        Condition::Read { on, .. }
        | Condition::InValueSet { on, .. }
        | Condition::Related { on, .. } => on.code.to_string(),
        Condition::Says { everywhere, .. } => {
            if *everywhere { "_content" } else { "_text" }.to_string()
        }
        Condition::Listed(_) => "_list".to_string(),
        Condition::RefersTo { by, targets } => {
            let all = targets.iter().map(|target| chained(&by.code, target));
            all.collect::<Vec<_>>().join(" or ")
        }
        Condition::ReferredBy { by, from } => chained(&format!("_has {}", by.code), from),
        Condition::All(all) | Condition::Either(all) => joined(all),
        Condition::Not(it) => parameters(it),
    }
}

impl Condition {
    /// How it is found out.
    fn by(&self) -> &'static str {
        let all_terms = |any: &[Matcher]| {
            let is_found = |it: &Matcher| matches!(it, Matcher::Term(_) | Matcher::Prefix(_));
            !any.iter().all(is_found)
        };
        match self {
            Condition::Any { on: Field::Id, .. } => "ids looked up",
            Condition::Any { any, .. } if any.iter().any(Matcher::is_range) => "ranges compared",
            Condition::Any { any, .. } if all_terms(any) => "all terms of the column looked at",
            Condition::Any { .. } => "terms looked up",
            Condition::Missing(_) => "what has a value taken away",
            Condition::Read { .. } | Condition::Says { .. } => "resources read",
            Condition::RefersTo { .. } => {
                "what is referred to searched, then the references looked up"
            }
            Condition::ReferredBy { .. } => {
                "what refers searched, then its references' ids looked up"
            }
            Condition::Listed(_) => "the list read, its ids looked up",
            Condition::InValueSet { .. } => "the value set read, its codes looked up",
            Condition::Related { .. } => "the code system read, the codes looked up",
            Condition::All(_) => "each of several conditions",
            Condition::Either(_) => "one of several conditions",
            Condition::Not(_) => "what fulfils the opposite taken away",
        }
    }
}
