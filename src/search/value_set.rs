//! The codes of a ValueSet: of its expansion, else what its definition lists.

use super::matcher::Matcher;
use super::term;
use crate::fhir::json::{Broken, Kind, Scanner, Text};
use crate::{Code, Error, Result};

type Scan<T> = std::result::Result<T, Broken>;

/// What a ValueSet says of its codes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ValueSet {
    /// Any of these.
    pub include: Vec<Part>,
    /// None of these.
    pub exclude: Vec<Part>,
}

/// One `include` or `exclude`: all of what it says must hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Codes, or a whole system; none where only other value sets are named.
    pub codes: Option<Vec<Matcher>>,
    /// Other value sets.
    pub value_sets: Vec<String>,
}

impl ValueSet {
    /// Reads a resource.
    ///
    /// # Errors
    /// [`Code::Unsupported`] where the definition does not list its codes.
    pub fn read(resource: &[u8]) -> Result<ValueSet> {
        let (mut expansion, mut compose) = (None, None);
        Scanner::new(resource).object(|scanner, key| {
            let value = scanner.pass()?;
            match key {
                b"expansion" => expansion = Some(value),
                b"compose" => compose = Some(value),
                _ => {}
            }
            Ok::<(), Broken>(())
        })?;
        let mut set = ValueSet::default();
        let mut listed = true;
        if let Some(codes) = expansion.map(contained).transpose()?.flatten() {
            set.include.push(Part {
                codes: Some(codes),
                ..Part::default()
            });
        } else if let Some(compose) = compose {
            Scanner::new(compose).object(|scanner, key| {
                let parts = match key {
                    b"include" => &mut set.include,
                    b"exclude" => &mut set.exclude,
                    _ => return scanner.pass().map(drop),
                };
                each(scanner, &mut |scanner| {
                    let (part, whole) = Part::read(scanner)?;
                    listed &= whole;
                    parts.push(part);
                    Ok(())
                })
            })?;
        }
        if set.include.is_empty() || !listed {
            return Err(unlisted());
        }
        Ok(set)
    }
}

/// A value set whose codes cannot be told.
pub fn unlisted() -> Error {
    Error::new(
        Code::Unsupported,
        "The value set that `:in` names has no expansion and does not list its codes; ask the server.",
    )
}

/// The codes that two lists have in common.
pub fn common(a: &[Matcher], b: &[Matcher]) -> Vec<Matcher> {
    let mut found = Vec::new();
    for (ours, theirs) in a
        .iter()
        .flat_map(|ours| b.iter().map(move |theirs| (ours, theirs)))
    {
        match (ours, theirs) {
            (Matcher::Term(term), _) if theirs.is(term) => found.push(ours.clone()),
            (_, Matcher::Term(term)) if ours.is(term) => found.push(theirs.clone()),
            _ if ours == theirs => found.push(ours.clone()),
            _ => {}
        }
    }
    found.dedup();
    found
}

/// The codes that one list has and the other does not; `None` where that cannot be told.
pub fn without(all: Vec<Matcher>, taken: &[Matcher]) -> Option<Vec<Matcher>> {
    let mut left = Vec::new();
    for code in all {
        match &code {
            Matcher::Term(term) if taken.iter().any(|taken| taken.is(term)) => {}
            Matcher::Term(_) => left.push(code),
            whole if taken.contains(whole) => {}
            whole => {
                let mut except = Vec::new();
                for taken in taken {
                    match taken {
                        Matcher::Term(term) if whole.is(term) => except.push(term.clone()),
                        Matcher::Term(_) => {}
                        Matcher::Suffix(_) if matches!(whole, Matcher::Suffix(_)) => {}
                        _ => return None,
                    }
                }
                match whole {
                    _ if except.is_empty() => left.push(code),
                    Matcher::Suffix(system) => {
                        left.push(Matcher::SuffixExcept(system.clone(), except))
                    }
                    _ => return None,
                }
            }
        }
    }
    Some(left)
}

/// The codes of an expansion; none where it has no list.
fn contained(expansion: &[u8]) -> Scan<Option<Vec<Matcher>>> {
    let mut found = None;
    Scanner::new(expansion).object(|scanner, key| match (key, scanner.kind()?) {
        (b"contains", Kind::Array) => {
            let codes = found.get_or_insert_with(Vec::new);
            each(scanner, &mut |scanner| code(scanner, None, codes))
        }
        _ => scanner.pass().map(drop),
    })?;
    Ok(found)
}

/// A code, and those that it contains.
fn code(scanner: &mut Scanner<'_>, of: Option<&str>, found: &mut Vec<Matcher>) -> Scan<()> {
    if scanner.kind()? != Kind::Object {
        return scanner.pass().map(drop);
    }
    let (mut own, mut system, mut inner, mut heading) = (None, None, None, false);
    scanner.object(|scanner, key| {
        match key {
            b"code" => own = scanner.string_or_skip()?,
            b"system" => system = scanner.string_or_skip()?,
            b"abstract" => heading = scanner.pass()? == b"true",
            b"contains" => inner = Some(scanner.pass()?),
            _ => {
                scanner.pass()?;
            }
        }
        Ok::<(), Broken>(())
    })?;
    let system = system.map(Text::decode);
    if let Some(own) = own.filter(|_| !heading) {
        let mut written = Vec::new();
        term::token(
            &mut written,
            of.or(system.as_deref()).unwrap_or_default().as_bytes(),
            own.decode().as_bytes(),
        );
        found.push(Matcher::Term(written));
    }
    match inner.map(Scanner::new) {
        Some(mut inner) => each(&mut inner, &mut |scanner| code(scanner, of, found)),
        None => Ok(()),
    }
}

impl Part {
    /// A part, and whether that is all of it.
    fn read(scanner: &mut Scanner<'_>) -> Scan<(Part, bool)> {
        let (mut part, mut whole) = (Part::default(), true);
        if scanner.kind()? != Kind::Object {
            return scanner.pass().map(|_| (part, false));
        }
        let (mut system, mut concepts) = (None, None);
        scanner.object(|scanner, key| {
            match (key, scanner.kind()?) {
                (b"system", _) => system = scanner.string_or_skip()?,
                (b"concept", Kind::Array) => concepts = Some(scanner.pass()?),
                (b"valueSet", Kind::Array) => scanner.array(|scanner| {
                    let named = scanner
                        .string_or_skip()?
                        .map(|name| name.decode().into_owned());
                    part.value_sets.extend(named);
                    Ok::<(), Broken>(())
                })?,
                _ => {
                    whole &= key != b"filter";
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?;
        let system = system.map(Text::decode);
        if let Some(concepts) = concepts {
            let codes = part.codes.get_or_insert_with(Vec::new);
            let of = Some(system.as_deref().unwrap_or_default());
            each(&mut Scanner::new(concepts), &mut |scanner| {
                code(scanner, of, codes)
            })?;
        } else if let Some(system) = system {
            let mut written = Vec::new();
            term::token(&mut written, system.as_bytes(), b"");
            part.codes = Some(vec![Matcher::Suffix(written)]);
        }
        whole &= part.codes.is_some() || !part.value_sets.is_empty();
        Ok((part, whole))
    }
}

fn each(scanner: &mut Scanner<'_>, one: &mut dyn FnMut(&mut Scanner<'_>) -> Scan<()>) -> Scan<()> {
    match scanner.kind()? {
        Kind::Array => scanner.array(|scanner| one(scanner)),
        _ => scanner.pass().map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(code: &str, system: &str) -> Matcher {
        Matcher::Term(format!("{code}\0{system}").into_bytes())
    }

    fn whole(system: &str) -> Matcher {
        Matcher::Suffix(format!("\0{system}").into_bytes())
    }

    fn codes(set: &str) -> Vec<Option<Vec<Matcher>>> {
        let set = ValueSet::read(set.as_bytes()).unwrap();
        set.include.into_iter().map(|part| part.codes).collect()
    }

    #[test]
    fn an_expansion_counts_before_a_definition_and_nests() {
        let set = r#"{"compose":{"include":[{"system":"x"}]},"expansion":{"contains":[
            {"system":"s","code":"a","contains":[{"system":"t","code":"b"}]},{"code":"c"},{"code":"d","abstract":true}]}}"#;
        assert_eq!(
            codes(set),
            [Some(vec![term("a", "s"), term("b", "t"), term("c", "")])]
        );
    }

    #[test]
    fn a_definition_lists_codes_whole_systems_and_other_value_sets() {
        let set = r#"{"compose":{"include":[{"concept":[{"code":"a"},{"code":"b"}],"system":"s"},{"system":"t"},{"valueSet":["v"]}]}}"#;
        assert_eq!(
            codes(set),
            [
                Some(vec![term("a", "s"), term("b", "s")]),
                Some(vec![whole("t")]),
                None
            ]
        );
        let set = ValueSet::read(set.as_bytes()).unwrap();
        assert_eq!(set.include[2].value_sets, ["v"]);
    }

    #[test]
    fn what_is_common_and_what_is_left() {
        let (a, b) = ([term("a", "s"), whole("t")], [whole("s"), term("c", "t")]);
        assert_eq!(common(&a, &b), [term("a", "s"), term("c", "t")]);
        assert_eq!(common(&a, &[whole("t")]), [whole("t")]);
        assert_eq!(without(a.to_vec(), &[whole("s")]), Some(vec![whole("t")]));
        let rest = Matcher::SuffixExcept(b"\0t".to_vec(), vec![b"c\0t".to_vec()]);
        assert_eq!(
            without(a.to_vec(), &[term("c", "t")]),
            Some(vec![term("a", "s"), rest.clone()])
        );
        assert!(rest.is(b"d\0t") && !rest.is(b"c\0t"));
        assert_eq!(without(vec![whole("t")], &[rest]), None);
        assert_eq!(
            without(a.to_vec(), &[whole("t"), term("a", "s")]),
            Some(Vec::new())
        );
    }

    #[test]
    fn what_is_not_listed_is_refused() {
        for set in [
            r#"{"compose":{"include":[{"system":"s","filter":[{"property":"p"}]}]}}"#,
            "{}",
        ] {
            assert_eq!(
                ValueSet::read(set.as_bytes()).unwrap_err().code(),
                Code::Unsupported,
                "{set}"
            );
        }
    }
}
