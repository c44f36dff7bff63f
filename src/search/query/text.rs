//! The text of a query string: its pairs, and their percent-encoding.

use std::borrow::Cow;

use crate::Result;
use crate::search::matcher::{bad, shown};

/// `name=value`, as they stand.
pub(crate) fn pairs(parameters: &str) -> impl Iterator<Item = &str> {
    parameters.split('&').filter(|pair| !pair.is_empty())
}

/// Resolves percent-encoding and `+` for a space.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next()), digit(bytes.next()));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(bad("The query has a percent sign that encodes nothing."));
                };
                out.push((high << 4 | low) as u8);
            }
            _ => out.push(byte),
        }
    }
    let text = String::from_utf8(out);
    text.map(Cow::Owned)
        .map_err(|_| bad("The query does not decode to UTF-8."))
}

pub(super) fn number(name: &str, value: &str) -> Result<usize> {
    let number = value.parse();
    number.map_err(|_| {
        bad(format!(
            "The value of `{}` is no whole number.",
            shown(name)
        ))
    })
}
