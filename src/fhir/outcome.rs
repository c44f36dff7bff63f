//! OperationOutcome: what a server says of its own about a request.

use std::fmt;

use super::head::plain;
use super::json::{Broken, Kind, Scanner};

/// The first issue of an OperationOutcome, by its codes alone: `diagnostics` and `details` may
/// quote a resource and are left to the application, which gets the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// `issue.severity`: `fatal`, `error`, `warning`, ...
    pub severity: Option<&'a str>,
    /// `issue.code`: `not-found`, `throttled`, ... (value set issue-type).
    pub code: Option<&'a str>,
}

impl<'a> Outcome<'a> {
    /// Reads a body; `None` when it is no OperationOutcome in JSON.
    pub fn read(bytes: &'a [u8]) -> Option<Outcome<'a>> {
        let mut scanner = Scanner::of_body(bytes).ok()?;
        let mut kind = None;
        let mut first: Option<Outcome<'a>> = None;
        if scanner.kind().ok()? != Kind::Object {
            return None;
        }
        let scanned = scanner.object(|scanner, key| {
            match key {
                b"resourceType" => kind = plain(scanner)?,
                b"issue" if scanner.kind()? == Kind::Array => scanner.array(|scanner| {
                    let issue = issue(scanner)?;
                    first = first.or(issue);
                    Ok::<(), Broken>(())
                })?,
                _ => {
                    scanner.skip()?;
                }
            }
            Ok::<(), Broken>(())
        });
        scanned.and_then(|()| scanner.end()).ok()?;
        let none = Outcome {
            severity: None,
            code: None,
        };
        (kind == Some("OperationOutcome")).then(|| first.unwrap_or(none))
    }
}

impl Outcome<'_> {
    /// Whether what went wrong passes, by the codes that value set issue-type has below `transient`;
    /// `exception` is one of them and is what servers say of everything else.
    pub fn is_transient(&self) -> bool {
        const CODES: [&str; 6] = [
            "transient",
            "lock-error",
            "no-store",
            "timeout",
            "incomplete",
            "throttled",
        ];
        self.code.is_some_and(|code| CODES.contains(&code))
    }
}

fn issue<'a>(scanner: &mut Scanner<'a>) -> Result<Option<Outcome<'a>>, Broken> {
    if scanner.kind()? != Kind::Object {
        scanner.skip()?;
        return Ok(None);
    }
    let (mut severity, mut code) = (None, None);
    scanner.object(|scanner, key| {
        match key {
            b"severity" => severity = plain(scanner)?.filter(|text| is_code(text)),
            b"code" => code = plain(scanner)?.filter(|text| is_code(text)),
            _ => {
                scanner.skip()?;
            }
        }
        Ok::<(), Broken>(())
    })?;
    Ok(Some(Outcome { severity, code }))
}

/// Whether `text` looks like a code of FHIR's value sets for issues, and so can't be content.
fn is_code(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b == b'-';
    (1..=20).contains(&text.len()) && text.bytes().all(allowed)
}

impl fmt::Display for Outcome<'_> {
    /// One sentence, such as `The server says: error, not-found.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.severity, self.code) {
            (Some(severity), Some(code)) => write!(f, "The server says: {severity}, {code}."),
            (Some(word), None) | (None, Some(word)) => write!(f, "The server says: {word}."),
            (None, None) => f.write_str("The server gives no reason."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_issue_is_a_sentence_of_codes_without_diagnostics() {
        let body =
            br#"{"issue":[{"code":"not-found","diagnostics":"Patient Jane Roe","severity":"error"},
            {"severity":"warning","code":"informational"}],"resourceType":"OperationOutcome"}"#;
        let outcome = Outcome::read(body).unwrap();
        assert_eq!(outcome.to_string(), "The server says: error, not-found.");
    }

    #[test]
    fn s5_content_in_the_place_of_a_code_is_not_repeated() {
        let body = br#"{"resourceType":"OperationOutcome","issue":[7,{"severity":"error","code":"Jane Roe, 555-1234"}]}"#;
        assert_eq!(
            Outcome::read(body).unwrap().to_string(),
            "The server says: error."
        );
        let body = br#"{"resourceType":"OperationOutcome","issue":"none"}"#;
        assert_eq!(
            Outcome::read(body).unwrap().to_string(),
            "The server gives no reason."
        );
    }

    #[test]
    fn l9_what_is_no_outcome_is_none() {
        let whole =
            br#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"x"}]}"#;
        for end in 0..whole.len() {
            assert_eq!(Outcome::read(&whole[..end]), None, "{end}");
        }
        for body in [
            "[]",
            "<html>",
            "{}",
            r#"{"resourceType":"Patient"}"#,
            "{} {}",
        ] {
            assert_eq!(Outcome::read(body.as_bytes()), None, "{body}");
        }
    }
}
