//! The codes above and below a code, by the nested concepts of a CodeSystem.

use super::matcher::Matcher;
use super::term;
use crate::fhir::json::{Broken, Kind, Scanner, Text};

/// How deep concepts may nest.
const DEEPEST: usize = 64;

/// Gathers what CodeSystems say of a code.
#[derive(Debug)]
pub struct Hierarchy<'a> {
    code: &'a str,
    above: bool,
    system: String,
    /// The codes from the root down to where the walk is.
    way: Vec<String>,
    /// The code and those above or below it.
    pub found: Vec<Matcher>,
}

impl<'a> Hierarchy<'a> {
    /// Of `code` and what is above it, or below.
    pub fn new(code: &'a str, above: bool) -> Self {
        Hierarchy {
            code,
            above,
            system: String::new(),
            way: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Looks through a CodeSystem.
    ///
    /// # Errors
    /// Where the bytes are no JSON.
    pub fn look(&mut self, code_system: &[u8]) -> Result<(), Broken> {
        let (mut url, mut concepts) = (None, None);
        Scanner::new(code_system).object(|scanner, key| {
            match key {
                b"url" => url = scanner.string_or_skip()?,
                b"concept" => concepts = Some(scanner.pass()?),
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?;
        self.system = url.map(|url| url.decode().into_owned()).unwrap_or_default();
        self.way.clear();
        concepts.map_or(Ok(()), |concepts| {
            self.concepts(&mut Scanner::new(concepts))
        })
    }

    fn concepts(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        match scanner.kind()? {
            Kind::Array if self.way.len() < DEEPEST => {
                scanner.array(|scanner| self.concept(scanner))
            }
            _ => scanner.pass().map(drop),
        }
    }

    fn concept(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        if scanner.kind()? != Kind::Object {
            return scanner.pass().map(drop);
        }
        let (mut code, mut inner) = (None, None);
        scanner.object(|scanner, key| {
            match key {
                b"code" => code = scanner.string_or_skip()?,
                b"concept" => inner = Some(scanner.pass()?),
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?;
        let Some(code) = code.map(Text::decode) else {
            return Ok(());
        };
        self.way.push(code.into_owned());
        let is_it = self.way.last().is_some_and(|last| last == self.code);
        let is_below = self.way.iter().any(|one| one == self.code);
        let way: &[String] = match self.above {
            true if is_it => &self.way,
            false if is_below => &self.way[self.way.len() - 1..],
            _ => &[],
        };
        for one in way {
            let mut written = Vec::new();
            term::token(&mut written, self.system.as_bytes(), one.as_bytes());
            self.found.push(Matcher::Term(written));
        }
        if let Some(inner) = inner {
            self.concepts(&mut Scanner::new(inner))?;
        }
        self.way.pop();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(code: &str, above: bool) -> Vec<String> {
        let system = br#"{"concept":[{"code":"a","concept":[{"code":"b","concept":[{"code":"c"},{"code":"d"}]},{"code":"e"}]}],"url":"s"}"#;
        let mut hierarchy = Hierarchy::new(code, above);
        hierarchy.look(system).unwrap();
        let text = |matcher: &Matcher| match matcher {
            Matcher::Term(term) => String::from_utf8(term.clone()).unwrap().replace('\0', "|"),
            _ => String::new(),
        };
        hierarchy.found.iter().map(text).collect()
    }

    #[test]
    fn a_code_is_above_and_below_itself() {
        assert_eq!(related("b", false), ["b|s", "c|s", "d|s"]);
        assert_eq!(related("d", true), ["a|s", "b|s", "d|s"]);
        assert_eq!(related("x", true), [""; 0]);
    }
}
