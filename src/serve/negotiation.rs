//! How the answer is wanted: format, indentation, and what to do about what cannot be answered.

use super::Request;
use super::refused::Refused;
use crate::search::query::{Handling, decode, pairs};

/// How an answer is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) pretty: bool,
    pub(super) handling: Handling,
}

impl Wanted {
    /// # Errors
    /// 406 where nothing is wanted that there is.
    pub(super) fn of(request: &Request, query: &str, version: &str) -> Result<Wanted, Refused> {
        let (mut format, mut pretty) = (None, false);
        for pair in pairs(query) {
            match pair.split_once('=') {
                Some(("_format", value)) => format = Some(decode(value)?.into_owned()),
                Some(("_pretty", value)) => pretty = value == "true",
                _ => {}
            }
        }
        let accepted = match &format {
            // Not as `+` of an address, which is a space.
            Some(format) => is_json(&format.replace(' ', "+"), version),
            None => {
                let accept = request.header("accept").unwrap_or("*/*");
                accept.split(',').any(|range| is_json(range, version))
            }
        };
        if !accepted {
            let sentence = "This server answers in JSON only: application/fhir+json.";
            return Err(Refused::new(406, "not-supported", sentence));
        }
        let mut prefer = request.headers.iter().filter(|(name, _)| name == "prefer");
        // A server that is asked nothing in particular answers what it can.
        let strict = prefer.any(|(_, value)| {
            let mut wishes = value.split([',', ';']);
            wishes.any(|wish| wish.trim().eq_ignore_ascii_case("handling=strict"))
        });
        let handling = match strict {
            true => Handling::Strict,
            false => Handling::Lenient,
        };
        Ok(Wanted { pretty, handling })
    }
}

/// Whether a media range, or what `_format` has, takes JSON of this version of FHIR.
fn is_json(range: &str, version: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let known = [
        "",
        "*/*",
        "application/*",
        "application/fhir+json",
        "application/json",
        "text/json",
        "json",
    ];
    known.contains(&media.as_str())
        && parts.all(|parameter| match parameter.split_once('=') {
            Some(("q", weight)) => weighs(weight),
            Some((name, asked)) if name.eq_ignore_ascii_case("fhirVersion") => {
                asked.trim_matches('"') == version_of(version)
            }
            _ => true,
        })
}

/// Whether a weight is one and more than 0. Not by way of a floating point number: reading those takes a
/// table of 10 KB.
fn weighs(weight: &str) -> bool {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = || whole.bytes().chain(decimals.bytes());
    digits().all(|it| it.is_ascii_digit()) && digits().any(|it| it != b'0')
}

/// `4.0` of `4.0.1`.
pub(super) fn version_of(version: &str) -> &str {
    let end = version
        .rfind('.')
        .filter(|end| version.find('.') != Some(*end));
    &version[..end.unwrap_or(version.len())]
}
