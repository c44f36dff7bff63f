//! Query strings: percent-encoding, and the escapes of FHIR within (R5 search.html#escaping).

use super::Refusal;

/// Parts between separators that no backslash escapes; escapes stay.
pub(crate) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, character) in text.char_indices() {
        if character == separator && !escaped {
            parts.push(&text[from..at]);
            from = at + separator.len_utf8();
        }
        escaped = character == '\\' && !escaped;
    }
    parts.push(&text[from..]);
    parts
}

/// Resolves `\,`, `\|`, `\$` and `\\`; "the parameter value `xx\xx` is illegal".
pub(crate) fn unescape(text: &str) -> Result<String, Refusal> {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ (',' | '|' | '$' | '\\')) => out.push(escaped),
                _ => return Err(Refusal::BadInput("a backslash escapes nothing".into())),
            },
            _ => out.push(character),
        }
    }
    Ok(out)
}

/// Resolves percent-encoding, and `+` for a space.
pub(crate) fn decode(text: &str) -> Result<String, Refusal> {
    let bad = || Refusal::BadInput("a percent sign encodes nothing".into());
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = [bytes.next().ok_or_else(bad)?, bytes.next().ok_or_else(bad)?];
                let digits = std::str::from_utf8(&digits).map_err(|_| bad())?;
                out.push(u8::from_str_radix(digits, 16).map_err(|_| bad())?);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).map_err(|_| bad())
}
