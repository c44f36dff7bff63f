//! The releases of FHIR that this crate knows.

use std::fmt;

/// A release, as a server's `CapabilityStatement.fhirVersion` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FhirVersion {
    /// 4.0.1
    R4,
    /// 4.3.0
    R4B,
    /// 5.0.0
    R5,
}

impl FhirVersion {
    /// Reads `4.0.1`, `4.3.0` or `5.0.0`, or another patch of these (`4.0.0`, `4.0`); `None` for
    /// any other release and for ballots.
    pub fn parse(text: &str) -> Option<FhirVersion> {
        let mut numbers = text.split('.');
        let release = (numbers.next()?, numbers.next()?);
        let patch = numbers.next().unwrap_or("0");
        let is_number = !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit());
        if !is_number || numbers.next().is_some() {
            return None;
        }
        match release {
            ("4", "0") => Some(FhirVersion::R4),
            ("4", "3") => Some(FhirVersion::R4B),
            ("5", "0") => Some(FhirVersion::R5),
            _ => None,
        }
    }

    /// The version number as FHIR publishes it.
    pub fn number(self) -> &'static str {
        match self {
            FhirVersion::R4 => "4.0.1",
            FhirVersion::R4B => "4.3.0",
            FhirVersion::R5 => "5.0.0",
        }
    }
}

impl fmt::Display for FhirVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FhirVersion::R4 => "R4",
            FhirVersion::R4B => "R4B",
            FhirVersion::R5 => "R5",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_by_release_and_written_as_published() {
        for version in [FhirVersion::R4, FhirVersion::R4B, FhirVersion::R5] {
            assert_eq!(FhirVersion::parse(version.number()), Some(version));
        }
        assert_eq!(FhirVersion::parse("4.0"), Some(FhirVersion::R4));
        assert_eq!(FhirVersion::R4B.to_string(), "R4B");
    }

    #[test]
    fn other_releases_ballots_and_nonsense_are_none() {
        for text in [
            "",
            "4",
            "R4",
            "3.0.2",
            "4.6.0",
            "5.0.0-ballot",
            "4.0.",
            "4.0.1.2",
            "6.0.0",
        ] {
            assert_eq!(FhirVersion::parse(text), None, "{text}");
        }
    }
}
