//! What a request asks beside its path: query, form, or Parameters.

use super::Request;
use super::refused::Refused;
use super::route::Interaction;
use crate::fhir::head::plain;
use crate::fhir::json::{Broken, Kind, Scanner};
use crate::search::query::{decode, pairs};

/// All that is asked, as the query of an address: that of the address itself, then what the body has.
pub(super) fn of_request(
    request: &Request,
    query: &str,
    interaction: &Interaction,
) -> Result<String, Refused> {
    let mut query = query.to_string();
    if request.method != "POST" || request.body.is_empty() {
        return Ok(query);
    }
    let media = request.header("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    let body = match interaction {
        Interaction::Search(_) => form(media, &request.body)?,
        _ => parameters(media, &request.body)?,
    };
    if !query.is_empty() && !body.is_empty() {
        query.push('&');
    }
    query.push_str(&body);
    Ok(query)
}

fn form(media: &str, body: &[u8]) -> Result<String, Refused> {
    if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let sentence = "The body of a search is a form: application/x-www-form-urlencoded.";
        return Err(Refused::new(415, "not-supported", sentence));
    }
    let text = std::str::from_utf8(body);
    let text = text.map_err(|_| Refused::new(400, "invalid", "The form is not UTF-8."))?;
    Ok(text.trim().to_string())
}

/// The input of an operation, as a query would have it.
fn parameters(media: &str, body: &[u8]) -> Result<String, Refused> {
    let known = ["application/fhir+json", "application/json"];
    if !known.iter().any(|it| media.eq_ignore_ascii_case(it)) {
        let sentence = "The input of an operation is a Parameters resource in JSON.";
        return Err(Refused::new(415, "not-supported", sentence));
    }
    let mut query = String::new();
    let read = read_parameters(body, &mut query);
    match read {
        Ok(Some("Parameters")) => Ok(query),
        _ => {
            let sentence = "The body is no Parameters resource whose values are plain.";
            Err(Refused::new(400, "structure", sentence))
        }
    }
}

/// The type of the resource, and its parameters appended.
fn read_parameters<'b>(body: &'b [u8], query: &mut String) -> Result<Option<&'b str>, Broken> {
    let mut scanner = Scanner::of_body(body)?;
    let mut kind = None;
    object(&mut scanner, &mut |scanner, key| match key {
        b"resourceType" => {
            kind = plain(scanner)?;
            Ok(())
        }
        b"parameter" if scanner.kind()? == Kind::Array => scanner.array(|scanner| {
            let (mut name, mut value) = (None, None);
            object(scanner, &mut |scanner, key| {
                match key {
                    b"name" => name = plain(scanner)?,
                    key if key.starts_with(b"value") && scanner.kind()? == Kind::String => {
                        value = plain(scanner)?;
                    }
                    key if key.starts_with(b"value") => {
                        value = std::str::from_utf8(scanner.pass()?).ok();
                    }
                    _ => {
                        scanner.skip()?;
                    }
                }
                Ok(())
            })?;
            let (Some(name), Some(value)) = (name, value) else {
                return Err(scanner.broken());
            };
            query.push_str(if query.is_empty() { "" } else { "&" });
            encode(query, name);
            query.push('=');
            encode(query, value);
            Ok::<(), Broken>(())
        }),
        _ => scanner.skip().map(drop),
    })?;
    scanner.end()?;
    Ok(kind)
}

type Member<'s, 'b> = &'s mut dyn FnMut(&mut Scanner<'b>, &[u8]) -> Result<(), Broken>;

fn object<'b>(scanner: &mut Scanner<'b>, member: Member<'_, 'b>) -> Result<(), Broken> {
    match scanner.kind()? {
        Kind::Object => scanner.object(|scanner, key| member(scanner, key)),
        _ => Err(scanner.broken()),
    }
}

/// Appends a name or a value, as an address has it.
pub(super) fn encode(query: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b':' | b',' => {
                query.push(char::from(byte));
            }
            _ => query.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// The parameters of a request that is no search, each once, in their order.
pub(super) struct Given<'q>(Vec<(&'q str, String, String)>);

impl<'q> Given<'q> {
    pub(super) fn of(query: &'q str) -> Result<Given<'q>, Refused> {
        let mut given: Vec<(&str, String, String)> = Vec::new();
        for pair in pairs(query) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?.into_owned(), decode(value)?.into_owned());
            if given.iter().any(|(_, known, _)| *known == name) {
                let sentence = "A parameter is given twice that is asked for once.";
                return Err(Refused::new(400, "invalid", sentence));
            }
            given.push((pair, name, value));
        }
        Ok(Given(given))
    }

    /// Takes one out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(_, known, _)| known == name)?;
        Some(self.0.remove(at).2)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(_, known, _)| known == name);
        found.map(|(_, _, value)| value.as_str())
    }

    /// Takes out what is not known here: refused where the handling is strict.
    pub(super) fn only(&mut self, known: &[&str], strict: bool) -> Result<(), Refused> {
        let is_known = |name: &str| known.contains(&name) || matches!(name, "_format" | "_pretty");
        if strict && let Some((_, name, _)) = self.0.iter().find(|(_, name, _)| !is_known(name)) {
            let name: String = name.chars().take(40).collect();
            let sentence = format!("The parameter `{name}` is not known here.");
            return Err(Refused::new(400, "not-supported", sentence));
        }
        self.0.retain(|(_, name, _)| is_known(name));
        Ok(())
    }

    /// A path with what is left, as it was written.
    pub(super) fn after(&self, path: &str) -> String {
        let mut text = path.to_string();
        let mut before = '?';
        for (pair, ..) in &self.0 {
            text.push(before);
            text.push_str(pair);
            before = '&';
        }
        text
    }
}
