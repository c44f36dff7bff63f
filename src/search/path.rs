//! Compiles the FHIRPath that search parameters are defined by, as far as their definitions use it:
//! unions, element paths, `as` and `ofType`, `where(...)` by a target, an equal string or an
//! extension, `extension('url')`, `[0]` and `first()`, `exists()`.
//!
//! What is outside of that is refused with the expression and the place, never guessed.

use std::fmt;

use crate::{Code, Error, Result};

/// How deep brackets may nest.
const DEEPEST: usize = 16;

/// One alternative of an expression: the elements to walk from the resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// From the resource's root, the type's own name left out.
    pub steps: Vec<Step>,
    /// `where(resolve() is T)`: only references to this type count.
    pub target: Option<String>,
    /// What counts is whether there is anything that is not `false`.
    pub exists: bool,
    /// `%resource`: from the resource, also where the path stands in a composite.
    pub of_resource: bool,
}

/// One element on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The element's name; of a choice element without its type: `effective` of `effectiveDateTime`.
    pub element: String,
    /// The one type that `as` or `ofType` leaves of a choice element.
    pub only: Option<String>,
    /// Which of the values count.
    pub condition: Option<Condition>,
}

/// What a value on the way must fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The first one.
    First,
    /// Its member of that name is this string.
    Equals(String, String),
    /// It has an extension with this url.
    Extension(String),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "." })?;
            f.write_str(&step.element)?;
            if let Some(only) = &step.only {
                f.write_str(":")?;
                f.write_str(only)?;
            }
            match &step.condition {
                None => {}
                Some(Condition::First) => f.write_str("[0]")?,
                Some(Condition::Equals(member, text)) => write!(f, "[{member}={text}]")?,
                Some(Condition::Extension(url)) => write!(f, "[{url}]")?,
            }
        }
        f.write_str(if self.exists { "?" } else { "" })
    }
}

/// The alternatives of `expression`.
///
/// # Errors
/// [`Code::Unsupported`] with the expression and where it could not be followed.
pub fn compile(expression: &str) -> Result<Vec<Path>> {
    let mut parser = Parser {
        expression,
        rest: expression.trim(),
        depth: 0,
    };
    let paths = parser.union()?;
    if !parser.rest.is_empty() {
        return Err(parser.refuse());
    }
    Ok(paths)
}

struct Parser<'a> {
    expression: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn union(&mut self) -> Result<Vec<Path>> {
        let mut paths = self.alternative()?;
        while self.take("|") {
            paths.append(&mut self.alternative()?);
        }
        Ok(paths)
    }

    /// A path, or a union in brackets, with `as T` and more steps after either.
    fn alternative(&mut self) -> Result<Vec<Path>> {
        let mut paths = vec![Path::default()];
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.refuse());
            }
            paths = self.union()?;
            self.depth -= 1;
            self.need(")")?;
        } else if self.take("%resource") {
            paths[0].of_resource = true;
        } else if !self.take("$this") {
            self.element(&mut paths, true)?;
        }
        loop {
            if self.take("[0]") {
                self.condition(&mut paths, Condition::First)?;
            } else if self.take("as ") {
                self.narrow(&mut paths)?;
            } else if self.take(".") {
                self.element(&mut paths, false)?;
            } else if paths.iter().any(|path| path.exists) && self.take("and ") {
                self.not_false(&paths)?;
            } else {
                return Ok(paths);
            }
        }
    }

    fn element(&mut self, paths: &mut [Path], first: bool) -> Result<()> {
        let name = self.name()?;
        if self.take("(") {
            match name {
                "as" | "ofType" => self.narrow(paths)?,
                "where" => self.filter(paths)?,
                "extension" => {
                    let url = self.quoted()?;
                    step(paths, name);
                    self.condition(paths, Condition::Equals("url".into(), url))?;
                }
                "exists" => paths.iter_mut().for_each(|path| path.exists = true),
                "first" => self.condition(paths, Condition::First)?,
                _ => return Err(self.refuse()),
            }
            return self.need(")");
        }
        // The type that an expression starts with is where the walk starts.
        if !(first && name.starts_with(|c: char| c.is_ascii_uppercase())) {
            step(paths, name);
        }
        Ok(())
    }

    /// What stands between the brackets of `where(...)`.
    fn filter(&mut self, paths: &mut [Path]) -> Result<()> {
        if self.take("resolve()") {
            self.need("is ")?;
            let target = self.name()?;
            paths
                .iter_mut()
                .for_each(|path| path.target = Some(target.into()));
            return Ok(());
        }
        let name = self.name()?;
        if matches!(name, "extension" | "hasExtension") {
            self.need("(")?;
            let url = self.quoted()?;
            self.need(if name == "extension" {
                ").exists()"
            } else {
                ")"
            })?;
            return self.condition(paths, Condition::Extension(url));
        }
        self.need("=")?;
        let text = self.quoted()?;
        self.condition(paths, Condition::Equals(name.into(), text))
    }

    /// `X != false` after `X.exists() and`: the one test of a value that definitions make.
    fn not_false(&mut self, paths: &[Path]) -> Result<()> {
        let mut again = vec![Path::default()];
        self.element(&mut again, true)?;
        while self.take(".") {
            self.element(&mut again, false)?;
        }
        self.need("!=")?;
        self.need("false")?;
        let same = paths.len() == 1 && paths[0].steps == again[0].steps;
        same.then_some(()).ok_or_else(|| self.refuse())
    }

    fn narrow(&mut self, paths: &mut [Path]) -> Result<()> {
        let mut only = self.name()?;
        if matches!(only, "FHIR" | "System") && self.take(".") {
            only = self.name()?;
        }
        for path in paths {
            let last = path.steps.last_mut().ok_or_else(|| self.refuse())?;
            last.only = Some(only.to_string());
        }
        Ok(())
    }

    fn condition(&self, paths: &mut [Path], condition: Condition) -> Result<()> {
        for path in paths {
            let last = path.steps.last_mut();
            let last = last.filter(|last| last.condition.is_none());
            last.ok_or_else(|| self.refuse())?.condition = Some(condition.clone());
        }
        Ok(())
    }

    fn name(&mut self) -> Result<&'a str> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if name.is_empty() {
            return Err(self.refuse());
        }
        self.rest = rest;
        Ok(name)
    }

    fn quoted(&mut self) -> Result<String> {
        self.need("'")?;
        let (text, rest) = self.rest.split_once('\'').ok_or_else(|| self.refuse())?;
        self.rest = rest;
        Ok(text.to_string())
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest).trim_start();
        rest.is_some()
    }

    fn need(&mut self, token: &str) -> Result<()> {
        self.take(token).then_some(()).ok_or_else(|| self.refuse())
    }

    fn refuse(&self) -> Error {
        let at = self.expression.len() - self.rest.len();
        let expression = self.expression;
        Error::new(
            Code::Unsupported,
            format!("The search expression `{expression}` cannot be followed from character {at}."),
        )
    }
}

fn step(paths: &mut [Path], element: &str) {
    for path in paths {
        path.steps.push(Step {
            element: element.to_string(),
            ..Step::default()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expression: &str) -> String {
        let paths = compile(expression).unwrap();
        let one = |path: &Path| {
            let target = path.target.iter().map(|target| format!("->{target}"));
            format!("{path}{}", target.collect::<String>())
        };
        paths.iter().map(one).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn the_shapes_that_definitions_use_compile() {
        for (expression, expected) in [
            ("Patient.name", "name"),
            ("name | alias", "name|alias"),
            ("$this", ""),
            (
                "(RiskAssessment.occurrence as dateTime)",
                "occurrence:dateTime",
            ),
            ("value.ofType(Quantity)", "value:Quantity"),
            ("value.ofType(FHIR.Quantity)", "value:Quantity"),
            ("Observation.value.as(Quantity).unit", "value:Quantity.unit"),
            ("(value as Quantity).unit", "value:Quantity.unit"),
            (
                "Person.link.target.where(resolve() is Patient) | X.y",
                "link.target->Patient|y",
            ),
            ("telecom.where(system='phone')", "telecom[system=phone]"),
            (
                "relatedArtifact.where(type='depends-on').resource | library",
                "relatedArtifact[type=depends-on].resource|library",
            ),
            (
                "extension('http://x/y').value",
                "extension[url=http://x/y].value",
            ),
            (
                "item.where(extension('http://x').exists()).answer.value.ofType(Reference)",
                "item[http://x].answer.value:Reference",
            ),
            (
                "item.where(hasExtension('http://x')).answer",
                "item[http://x].answer",
            ),
            (
                "entry[0].resource as Composition",
                "entry[0].resource:Composition",
            ),
            (
                "deceased.exists() and Patient.deceased != false",
                "deceased?",
            ),
            (
                "(start | requestedPeriod.start).first()",
                "start[0]|requestedPeriod.start[0]",
            ),
            ("(a | b).c", "a.c|b.c"),
            (
                "%resource.referenceSeq.chromosome",
                "referenceSeq.chromosome",
            ),
        ] {
            assert_eq!(shown(expression), expected, "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_compiled_is_refused_with_the_place() {
        let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
        for expression in [
            "",
            "Patient.",
            "a.b[1]",
            "a.count()",
            "(a as B",
            "a |",
            "a.where(b>'c')",
            "a.where(b='c",
            "as(X)",
            "a.exists() and b != false",
            "a and b != false",
            "[0]",
            &deep,
        ] {
            let error = compile(expression).unwrap_err();
            assert_eq!(
                error.code(),
                Code::Unsupported,
                "{}",
                &expression[..expression.len().min(40)]
            );
        }
        let message = compile("Patient.telecom.where(system~'phone')").unwrap_err();
        assert!(message.message().contains("from character 28"), "{message}");
    }
}
