//! The codes of a ValueSet: of its expansion, else those that its definition lists.

use super::matcher::Matcher;
use super::term;
use crate::fhir::json::{Broken, Kind, Scanner, Text};
use crate::{Code, Error, Result};

type Scan = std::result::Result<(), Broken>;

/// What a token must be to be in the value set.
///
/// # Errors
/// [`Code::Unsupported`] where the definition does not list its codes.
pub fn codes(resource: &[u8]) -> Result<Vec<Matcher>> {
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
    let mut codes = Codes::default();
    match (expansion, compose) {
        (Some(expansion), _) => codes.members(b"contains", &mut Scanner::new(expansion), "")?,
        (None, Some(compose)) => Scanner::new(compose).object(|scanner, key| match key {
            b"include" => codes.each(scanner, &mut |codes, scanner| codes.include(scanner)),
            b"exclude" => {
                codes.unlisted = true;
                scanner.pass().map(drop)
            }
            _ => scanner.pass().map(drop),
        })?,
        (None, None) => codes.unlisted = true,
    }
    if codes.unlisted {
        return Err(Error::new(
            Code::Unsupported,
            "The value set that `:in` names has no expansion and does not list its codes; ask the server.",
        ));
    }
    Ok(codes.found)
}

#[derive(Default)]
struct Codes {
    found: Vec<Matcher>,
    /// Whether there is more than what is listed.
    unlisted: bool,
}

impl Codes {
    fn each(
        &mut self,
        scanner: &mut Scanner<'_>,
        one: &mut dyn FnMut(&mut Codes, &mut Scanner<'_>) -> Scan,
    ) -> Scan {
        match scanner.kind()? {
            Kind::Array => scanner.array(|scanner| one(self, scanner)),
            _ => scanner.pass().map(drop),
        }
    }

    /// The codes below the member `below`, and below each of them.
    fn members(&mut self, below: &[u8], scanner: &mut Scanner<'_>, system: &str) -> Scan {
        let (mut code, mut own, mut inner) = (None, None, None);
        if scanner.kind()? != Kind::Object {
            return scanner.pass().map(drop);
        }
        scanner.object(|scanner, key| {
            match key {
                b"code" => code = scanner.string_or_skip()?,
                b"system" => own = scanner.string_or_skip()?,
                _ if key == below => inner = Some(scanner.pass()?),
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?;
        let own = own.map(Text::decode);
        let system = own.as_deref().unwrap_or(system);
        if let Some(code) = code {
            let mut written = Vec::new();
            term::token(&mut written, system, &code.decode());
            self.found.push(Matcher::Term(written));
        }
        match inner {
            Some(inner) => self.each(&mut Scanner::new(inner), &mut |codes, scanner| codes.members(below, scanner, system)),
            None => Ok(()),
        }
    }

    /// `system` with `concept`s, or a whole system.
    fn include(&mut self, scanner: &mut Scanner<'_>) -> Scan {
        let (mut system, mut concepts, mut more) = (None, None, false);
        if scanner.kind()? != Kind::Object {
            return scanner.pass().map(drop);
        }
        scanner.object(|scanner, key| {
            match key {
                b"system" => system = scanner.string_or_skip()?,
                b"concept" => concepts = Some(scanner.pass()?),
                _ => {
                    more |= matches!(key, b"filter" | b"valueSet");
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?;
        self.unlisted |= more;
        let system = system.map(Text::decode).unwrap_or_default();
        match concepts {
            Some(concepts) => self.each(&mut Scanner::new(concepts), &mut |codes, scanner| {
                codes.members(b"", scanner, &system)
            }),
            None => {
                let mut written = Vec::new();
                term::token(&mut written, &system, "");
                self.found.push(Matcher::Suffix(written));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(code: &str, system: &str) -> Matcher {
        Matcher::Term(format!("{code}\0{system}").into_bytes())
    }

    #[test]
    fn an_expansion_counts_before_a_definition_and_nests() {
        let set = br#"{"compose":{"include":[{"system":"x"}]},
            "expansion":{"contains":[{"system":"s","code":"a","contains":[{"system":"t","code":"b"}]},{"code":"c"}]}}"#;
        assert_eq!(codes(set).unwrap(), [term("a", "s"), term("b", "t"), term("c", "")]);
    }

    #[test]
    fn a_definition_lists_codes_or_takes_a_whole_system() {
        let set = br#"{"compose":{"include":[{"concept":[{"code":"a"},{"code":"b"}],"system":"s"},{"system":"t"}]}}"#;
        let whole = Matcher::Suffix(b"\0t".to_vec());
        assert_eq!(codes(set).unwrap(), [term("a", "s"), term("b", "s"), whole]);
    }

    #[test]
    fn what_is_not_listed_is_refused() {
        for set in [
            r#"{"compose":{"include":[{"system":"s","filter":[{"property":"p"}]}]}}"#,
            r#"{"compose":{"include":[{"valueSet":["v"]}]}}"#,
            r#"{"compose":{"include":[{"system":"s"}],"exclude":[{"system":"s","concept":[]}]}}"#,
            "{}",
        ] {
            assert_eq!(codes(set.as_bytes()).unwrap_err().code(), Code::Unsupported, "{set}");
        }
    }
}
