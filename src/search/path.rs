//! Compiles the FHIRPath that search parameters are defined by, as far as their definitions use it:
//! unions, element paths, `as` and `ofType`, and `where(resolve() is T)`.
//!
//! What is outside of that is refused with the expression and the place, never guessed.

use crate::{Code, Error, Result};

/// One alternative of an expression: the elements to walk from the resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// From the resource's root, the type's own name left out.
    pub steps: Vec<Step>,
    /// `where(resolve() is T)`: only references to this type count.
    pub target: Option<String>,
}

/// One element on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The element's name; of a choice element without its type: `effective` of `effectiveDateTime`.
    pub element: String,
    /// The one type that `as` or `ofType` leaves of a choice element.
    pub only: Option<String>,
}

/// The alternatives of `expression`.
///
/// # Errors
/// [`Code::Unsupported`] with the expression and where it could not be followed.
pub fn compile(expression: &str) -> Result<Vec<Path>> {
    let mut parser = Parser {
        expression,
        rest: expression,
    };
    let mut paths = vec![parser.alternative()?];
    while parser.take("|") {
        paths.push(parser.alternative()?);
    }
    if !parser.rest.is_empty() {
        return Err(parser.refuse());
    }
    Ok(paths)
}

struct Parser<'a> {
    expression: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// `path`, or `(path as Type)`, with function steps after either.
    fn alternative(&mut self) -> Result<Path> {
        let mut path = Path::default();
        if self.take("(") {
            path = self.alternative()?;
            if self.take("as ") {
                let only = self.name()?;
                self.narrow(&mut path, only)?;
            }
            self.need(")")?;
        } else {
            self.element(&mut path, true)?;
        }
        while self.take(".") {
            self.element(&mut path, false)?;
        }
        Ok(path)
    }

    fn element(&mut self, path: &mut Path, first: bool) -> Result<()> {
        let name = self.name()?;
        if self.take("(") {
            match name {
                "as" | "ofType" => {
                    let only = self.name()?;
                    self.narrow(path, only)?;
                }
                "where" => {
                    self.need("resolve()")?;
                    self.need("is ")?;
                    path.target = Some(self.name()?.to_string());
                }
                _ => return Err(self.refuse()),
            }
            return self.need(")");
        }
        // The type that an expression starts with is where the walk starts.
        if !(first && name.starts_with(|c: char| c.is_ascii_uppercase())) {
            path.steps.push(Step {
                element: name.to_string(),
                only: None,
            });
        }
        Ok(())
    }

    fn narrow(&self, path: &mut Path, only: &str) -> Result<()> {
        let last = path.steps.last_mut().ok_or_else(|| self.refuse())?;
        last.only = Some(only.to_string());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expression: &str) -> String {
        let paths = compile(expression).unwrap();
        let one = |path: &Path| {
            let steps = path.steps.iter().map(|step| match &step.only {
                Some(only) => format!("{}:{only}", step.element),
                None => step.element.clone(),
            });
            let target = path.target.iter().map(|target| format!("->{target}"));
            steps.chain(target).collect::<Vec<_>>().join(".")
        };
        paths.iter().map(one).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn the_shapes_that_definitions_use_compile() {
        assert_eq!(shown("Patient.name"), "name");
        assert_eq!(shown("name | alias"), "name|alias");
        assert_eq!(
            shown("(RiskAssessment.occurrence as dateTime)"),
            "occurrence:dateTime"
        );
        assert_eq!(
            shown("Observation.value.ofType(Quantity)"),
            "value:Quantity"
        );
        assert_eq!(
            shown("Observation.value.as(Quantity).unit"),
            "value:Quantity.unit"
        );
        assert_eq!(
            shown("Person.link.target.where(resolve() is Patient) | X.y"),
            "link.target.->Patient|y"
        );
    }

    #[test]
    fn what_cannot_be_compiled_is_refused_with_the_place() {
        for expression in [
            "",
            "Patient.",
            "a.b[0]",
            "a.exists()",
            "(a as B",
            "a |",
            "a.where(b='c')",
            "as(X)",
        ] {
            let error = compile(expression).unwrap_err();
            assert_eq!(error.code(), Code::Unsupported, "{expression}");
        }
        let message = compile("Patient.telecom.where(system='phone')").unwrap_err();
        assert!(message.message().contains("from character 22"), "{message}");
    }
}
