//! The manifest of a bulk export (Bulk Data IG, "Response - Output Manifest"): which files there are.

use super::bundle::{each, members, number, text};
use super::head::plain;
use super::instant::Instant;
use super::json::{Broken, Kind, Scanner};
use crate::{Code, Error, Result};

/// What an export has brought, file by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportManifest {
    /// The server's time as of which the export is whole: the next `_since` (B2).
    pub transaction_time: Option<Instant>,
    /// Whether the files are only given with the token; so too where the server does not say.
    pub requires_access_token: bool,
    /// Resources.
    pub output: Vec<ExportFile>,
    /// Bundles of deletions (B2).
    pub deleted: Vec<ExportFile>,
    /// OperationOutcomes: what could not be exported, which a 200 does not tell (B2).
    pub error: Vec<ExportFile>,
}

/// One NDJSON file of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportFile {
    /// The resource type of its lines; empty where the server does not say.
    pub kind: String,
    /// As it came: nobody has checked where it leads.
    pub url: String,
    /// How many lines it has, where the server says so.
    pub count: Option<u64>,
}

impl ExportManifest {
    /// Reads a whole body.
    ///
    /// # Errors
    /// [`Code::Malformed`] when it is cut short or is no JSON, [`Code::NotFhir`] when it is JSON
    /// and no manifest: it has no list `output`, or a file without a URL.
    pub fn read(bytes: &[u8]) -> Result<ExportManifest> {
        let mut manifest = ExportManifest {
            requires_access_token: true,
            ..ExportManifest::default()
        };
        let mut output = None;
        let mut scanner = Scanner::of_body(bytes)?;
        members(&mut scanner, |scanner, key| {
            match key {
                b"transactionTime" => {
                    manifest.transaction_time = plain(scanner)?.and_then(Instant::parse);
                }
                b"requiresAccessToken" => {
                    manifest.requires_access_token = scanner.skip()? != b"false";
                }
                b"output" => output = files(scanner)?,
                b"deleted" => manifest.deleted = files(scanner)?.unwrap_or_default(),
                b"error" => manifest.error = files(scanner)?.unwrap_or_default(),
                _ => {
                    scanner.skip()?;
                }
            }
            Ok(())
        })?;
        scanner.end()?;
        manifest.output = output.ok_or_else(not_a_manifest)?;
        let lists = [&manifest.output, &manifest.deleted, &manifest.error];
        match lists
            .iter()
            .any(|list| list.iter().any(|it| it.url.is_empty()))
        {
            true => Err(not_a_manifest()),
            false => Ok(manifest),
        }
    }
}

fn not_a_manifest() -> Error {
    Error::new(
        Code::NotFhir,
        "What the server gives for the result of its export is no list of files; start it anew.",
    )
}

/// The files of a list; `None` for what is no list.
fn files(scanner: &mut Scanner<'_>) -> std::result::Result<Option<Vec<ExportFile>>, Broken> {
    let is_list = scanner.kind()? == Kind::Array;
    let mut files = Vec::new();
    each(scanner, |scanner| {
        let mut file = ExportFile::default();
        members(scanner, |scanner, key| {
            match key {
                b"type" => file.kind = text(scanner)?.unwrap_or_default().into_owned(),
                b"url" => file.url = text(scanner)?.unwrap_or_default().into_owned(),
                b"count" => file.count = number(scanner)?,
                _ => {
                    scanner.skip()?;
                }
            }
            Ok(())
        })?;
        files.push(file);
        Ok(())
    })?;
    Ok(is_list.then_some(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"transactionTime":"2021-01-01T00:00:00.5Z","request":"https://x.org/$export",
        "requiresAccessToken":false,
        "output":[{"type":"Patient","url":"https:\/\/x.org\/1?a\u0026b","count":7,"extension":{}},{"type":"Patient","url":"/2"}],
        "deleted":[{"type":"Bundle","url":"/3"}],"error":[{"type":"OperationOutcome","url":"/4","count":"x"}]}"#;

    fn file(kind: &str, url: &str, count: Option<u64>) -> ExportFile {
        ExportFile {
            kind: kind.to_owned(),
            url: url.to_owned(),
            count,
        }
    }

    #[test]
    fn b2_a_manifest_has_its_time_files_deletions_and_errors() {
        let manifest = ExportManifest::read(MANIFEST.as_bytes()).unwrap();
        let time = Instant::parse("2021-01-01T00:00:00.5Z");
        assert_eq!(manifest.transaction_time, time);
        assert!(!manifest.requires_access_token);
        let first = file("Patient", "https://x.org/1?a&b", Some(7));
        assert_eq!(manifest.output, [first, file("Patient", "/2", None)]);
        assert_eq!(manifest.deleted, [file("Bundle", "/3", None)]);
        assert_eq!(manifest.error, [file("OperationOutcome", "/4", None)]);
    }

    #[test]
    fn b3_a_manifest_that_does_not_say_wants_the_token() {
        let manifest = ExportManifest::read(br#"{"output":[]}"#).unwrap();
        assert!(manifest.requires_access_token);
        assert_eq!(manifest.output, []);
    }

    #[test]
    fn l9_what_is_no_manifest_is_an_error() {
        for end in 0..MANIFEST.len() {
            let error = ExportManifest::read(&MANIFEST.as_bytes()[..end]).unwrap_err();
            assert_eq!(error.code(), Code::Malformed, "{end}");
        }
        for body in [
            "[]",
            "7",
            "{}",
            r#"{"output":{}}"#,
            r#"{"output":[{}]}"#,
            r#"{"output":[7]}"#,
            r#"{"output":[],"error":[{"url":7}]}"#,
        ] {
            let error = ExportManifest::read(body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), Code::NotFhir, "{body}");
        }
    }
}
