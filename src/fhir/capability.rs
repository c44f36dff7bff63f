//! What a server says that it can do: of a CapabilityStatement, what decides how to pull from it.

use super::bundle::{each, members};
use super::head::plain;
use super::json::{Broken, Scanner};
use super::version::FhirVersion;
use crate::{Code, Error, Result};

/// A server's CapabilityStatement, as far as a pull asks. What it does not say may be so all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capability {
    /// `fhirVersion`, where it is one that this crate knows.
    pub version: Option<FhirVersion>,
    /// `rest.interaction`: `history-system`, `batch`, ...
    pub interactions: Vec<String>,
    /// `rest.resource`, in the server's order.
    pub types: Vec<OfType>,
}

/// What it says of one resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfType {
    /// The resource type.
    pub kind: String,
    /// `interaction`: `read`, `history-type`, ...
    pub interactions: Vec<String>,
    /// The names of `searchParam`.
    pub parameters: Vec<String>,
}

impl Capability {
    /// Reads a CapabilityStatement.
    ///
    /// # Errors
    /// [`Code::Malformed`] when it is no JSON, [`Code::NotFhir`] when it is something else.
    pub fn read(bytes: &[u8]) -> Result<Capability> {
        let mut capability = Capability::default();
        let mut kind = None;
        let mut scanner = Scanner::of_body(bytes)?;
        scanner.object(|scanner, key| {
            match key {
                b"resourceType" => kind = plain(scanner)?,
                b"fhirVersion" => capability.version = plain(scanner)?.and_then(FhirVersion::parse),
                b"rest" => each_object(scanner, |scanner, key| {
                    match key {
                        b"interaction" => codes(scanner, b"code", &mut capability.interactions)?,
                        b"resource" => {
                            each(scanner, |scanner| {
                                let mut of_type = OfType::default();
                                resource(scanner, &mut of_type)?;
                                if !of_type.kind.is_empty() {
                                    capability.types.push(of_type);
                                }
                                Ok(())
                            })?;
                        }
                        _ => skip(scanner)?,
                    }
                    Ok(())
                })?,
                _ => skip(scanner)?,
            }
            Ok::<(), Broken>(())
        })?;
        if kind != Some("CapabilityStatement") {
            return Err(Error::new(
                Code::NotFhir,
                "The server's answer about its capabilities is no CapabilityStatement; check its base URL.",
            ));
        }
        Ok(capability)
    }

    /// What is said of a type.
    pub fn of(&self, kind: &str) -> Option<&OfType> {
        self.types.iter().find(|of_type| of_type.kind == kind)
    }

    /// Whether the server as a whole does this.
    pub fn does(&self, interaction: &str) -> bool {
        self.interactions.iter().any(|it| it == interaction)
    }
}

impl OfType {
    /// Whether the server does this with the type.
    pub fn does(&self, interaction: &str) -> bool {
        self.interactions.iter().any(|it| it == interaction)
    }

    /// Whether the server searches the type by this parameter.
    pub fn searches_by(&self, parameter: &str) -> bool {
        self.parameters.iter().any(|it| it == parameter)
    }
}

type Scan = std::result::Result<(), Broken>;

fn resource(scanner: &mut Scanner<'_>, of_type: &mut OfType) -> Scan {
    members(scanner, |scanner, key| {
        match key {
            b"type" => of_type.kind = plain(scanner)?.unwrap_or_default().to_string(),
            b"interaction" => codes(scanner, b"code", &mut of_type.interactions)?,
            b"searchParam" => codes(scanner, b"name", &mut of_type.parameters)?,
            _ => skip(scanner)?,
        }
        Ok(())
    })
}

/// The text of this member of each object of an array.
fn codes(scanner: &mut Scanner<'_>, member: &[u8], into: &mut Vec<String>) -> Scan {
    each_object(scanner, |scanner, key| {
        if key != member {
            return skip(scanner);
        }
        into.extend(plain(scanner)?.map(str::to_string));
        Ok(())
    })
}

/// Visits the members of each object of an array.
fn each_object<'a>(
    scanner: &mut Scanner<'a>,
    mut member: impl FnMut(&mut Scanner<'a>, &'a [u8]) -> Scan,
) -> Scan {
    each(scanner, |scanner| members(scanner, &mut member))
}

fn skip(scanner: &mut Scanner<'_>) -> Scan {
    scanner.skip().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pull_asks_is_read_and_the_rest_passed_over() {
        let text = br#"{"resourceType":"CapabilityStatement","fhirVersion":"4.3.0","x":[{}],"rest":[{"mode":"server",
            "interaction":[{"code":"history-system"},{"code":"batch"}],
            "resource":[{"type":"Patient","interaction":[{"code":"read"},{"code":"history-type","documentation":"d"}],
              "searchParam":[{"name":"_lastUpdated","type":"date"},{"name":"name"}]},{"type":"Group"}, 7]}]}"#;
        let capability = Capability::read(text).unwrap();
        assert_eq!(capability.version, Some(FhirVersion::R4B));
        assert!(capability.does("batch") && !capability.does("transaction"));
        let patient = capability.of("Patient").unwrap();
        assert!(patient.does("history-type") && !patient.does("search-type"));
        assert!(patient.searches_by("_lastUpdated") && !patient.searches_by("birthdate"));
        assert_eq!(capability.of("Group").unwrap().interactions, [""; 0]);
    }

    #[test]
    fn l9_what_is_none_is_an_error_and_never_a_trap() {
        let code = |text: &[u8]| Capability::read(text).unwrap_err().code();
        assert_eq!(code(br#"{"resourceType":"Patient"}"#), Code::NotFhir);
        assert_eq!(code(b"{\"rest\":"), Code::Malformed);
        assert_eq!(code(b"[]"), Code::Malformed);
        let odd = br#"{"rest":7,"fhirVersion":{},"resourceType":"CapabilityStatement"}"#;
        assert_eq!(Capability::read(odd).unwrap(), Capability::default());
    }
}
