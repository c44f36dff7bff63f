//! References as they are written and as they are searched
//! (R5 search.html#reference, search.html#versions).

use serde_json::Value;

use super::Refusal;
use super::escape::{split, unescape};

/// What a reference says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// On the server itself.
    Own {
        kind: String,
        id: String,
        version: Option<String>,
    },
    /// A canonical, or any other URL.
    Url {
        url: String,
        version: Option<String>,
    },
}

/// `Type/id`, `Type/id/_history/version`: its parts.
fn parts(relative: &str) -> Option<(&str, &str, Option<&str>)> {
    let steps: Vec<&str> = relative.split('/').collect();
    let (kind, id, version) = match steps[..] {
        [kind, id] => (kind, id, None),
        [kind, id, "_history", version] => (kind, id, Some(version)),
        _ => return None,
    };
    let is_type = kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.chars().all(|c| c.is_ascii_alphanumeric());
    (is_type && is_id(id)).then_some((kind, id, version))
}

pub(crate) fn is_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (1..=64).contains(&text.len()) && text.chars().all(fits)
}

/// The type that the end of a reference names, on whatever server.
pub(crate) fn type_in(reference: &str) -> Option<&str> {
    let steps: Vec<&str> = reference.split('/').collect();
    let unversioned = match steps[..] {
        [.., "_history", _] => steps.len() - 2,
        _ => steps.len(),
    };
    let last = steps[..unversioned].last_chunk::<2>()?;
    let at = reference.find(&last.join("/"))?;
    let (kind, _, _) = parts(&reference[at..])?;
    Some(kind)
}

/// What a text says; nothing where it points inside its own resource.
fn read(base: &str, text: &str, canonical: bool) -> Option<Target> {
    if text.starts_with('#') || text.is_empty() {
        return None;
    }
    let (plain, business) = match text.split_once('|') {
        Some((plain, business)) if canonical => (plain, Some(business.to_string())),
        _ => (text, None),
    };
    let own = plain
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('/'));
    Some(match parts(own.unwrap_or(plain)) {
        Some((kind, id, version)) => Target::Own {
            kind: kind.to_string(),
            id: id.to_string(),
            version: version.map(String::from),
        },
        None => Target::Url {
            url: plain.to_string(),
            version: business,
        },
    })
}

/// What an element refers to: a Reference, a canonical, or a resource that is nested in it.
pub(crate) fn target(base: &str, value: &Value) -> Option<Target> {
    if let Some(kind) = value["resourceType"].as_str() {
        return Some(Target::Own {
            kind: kind.to_string(),
            id: value["id"].as_str()?.to_string(),
            version: None,
        });
    }
    match value {
        Value::String(canonical) => read(base, canonical, true),
        _ => read(base, value["reference"].as_str()?, false),
    }
}

/// A reference that is searched.
#[derive(Clone, Debug)]
pub(crate) enum Search {
    /// An id alone, of any of these types.
    Id(String, Vec<String>),
    To(Target),
    /// A canonical of this version, or of one that is below it (`1` of `1.2`).
    Below(String, Option<String>),
}

impl Search {
    /// `targets`: the types that the parameter points to, or the one that a modifier names.
    pub(crate) fn parse(
        base: &str,
        value: &str,
        targets: &[String],
        only: Option<&str>,
    ) -> Result<Search, Refusal> {
        let plain = unescape(value)?;
        match only {
            Some(kind) if is_id(&plain) => return Ok(Search::Id(plain, vec![kind.to_string()])),
            Some(_) => return Err(Refusal::BadInput("after a type stands an id".into())),
            None if is_id(&plain) => return Ok(Search::Id(plain, targets.to_vec())),
            None => {}
        }
        let read = read(base, &plain, split(value, '|').len() > 1);
        let target = read.ok_or_else(|| Refusal::BadInput("a value is no reference".into()))?;
        Ok(Search::To(target))
    }

    pub(crate) fn below(base: &str, value: &str) -> Result<Search, Refusal> {
        match read(base, &unescape(value)?, true) {
            Some(Target::Url { url, version }) => Ok(Search::Below(url, version)),
            _ => Err(Refusal::Unsupported("a hierarchy of resources".into())),
        }
    }

    /// A version is only compared where one is searched.
    pub(crate) fn holds(&self, has: &Target) -> bool {
        match (self, has) {
            (Search::Id(id, kinds), Target::Own { kind, id: has, .. }) => {
                id == has && kinds.contains(kind)
            }
            (
                Search::To(Target::Own { kind, id, version }),
                Target::Own {
                    kind: has_kind,
                    id: has_id,
                    version: has_version,
                },
            ) => kind == has_kind && id == has_id && (version.is_none() || version == has_version),
            (
                Search::To(Target::Url { url, version }),
                Target::Url {
                    url: has_url,
                    version: has_version,
                },
            ) => url == has_url && (version.is_none() || version == has_version),
            (
                Search::Below(url, version),
                Target::Url {
                    url: has,
                    version: of,
                },
            ) => {
                let within = |version: &String| {
                    let of = of.as_deref().unwrap_or_default();
                    of == version || of.starts_with(&format!("{version}."))
                };
                url == has && version.as_ref().is_none_or(within)
            }
            _ => false,
        }
    }
}
