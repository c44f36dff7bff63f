//! A JSON string and what it says once its escapes are resolved.

use std::borrow::Cow;

/// A string value as it stands between its quotes, escapes and all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(pub &'a [u8]);

impl<'a> Text<'a> {
    fn has_escapes(self) -> bool {
        memchr::memchr(b'\\', self.0).is_some()
    }

    /// The same as bytes, for where they are only compared: UTF-8 as far as the text is.
    pub fn plain(self) -> Cow<'a, [u8]> {
        match self.has_escapes() {
            true => Cow::Owned(self.decode().into_owned().into_bytes()),
            false => Cow::Borrowed(self.0),
        }
    }

    /// The string with its escapes resolved; borrowed where there are none. Lone surrogates
    /// become U+FFFD, as do bytes that are not UTF-8.
    pub fn decode(self) -> Cow<'a, str> {
        if !self.has_escapes() {
            // The check alone is faster than the lossy way, and nearly always enough.
            return match std::str::from_utf8(self.0) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(self.0),
            };
        }
        let mut out = Vec::with_capacity(self.0.len());
        let mut rest = self.0;
        while let Some(at) = rest.iter().position(|&b| b == b'\\') {
            out.extend_from_slice(&rest[..at]);
            rest = unescape(&rest[at + 1..], &mut out);
        }
        out.extend_from_slice(rest);
        Cow::Owned(String::from_utf8_lossy(&out).into_owned())
    }
}

/// Appends text as a JSON string.
pub(crate) fn put_string(out: &mut Vec<u8>, text: &str) {
    // Writing text into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// Resolves one escape, whose backslash is gone, and gives what follows it.
fn unescape<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some((&kind, mut rest)) = rest.split_first() else {
        return rest;
    };
    let simple = match kind {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'u' => {
            let mut unit = hex4(rest).unwrap_or(0xFFFD);
            rest = rest.get(4..).unwrap_or_default();
            if (0xD800..0xDC00).contains(&unit)
                && let Some(low) = rest.strip_prefix(b"\\u").and_then(hex4)
                && (0xDC00..0xE000).contains(&low)
            {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                rest = rest.get(6..).unwrap_or_default();
            }
            let character = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return rest;
        }
        other => other,
    };
    out.push(simple);
    rest
}

fn hex4(bytes: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(bytes.get(..4)?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s5_escapes_decode_and_lone_surrogates_become_replacement_characters() {
        let decode = |text: &'static str| Text(text.as_bytes()).decode().into_owned();
        assert_eq!(decode(r"plain"), "plain");
        assert_eq!(decode(r#"a\"b\\c\/d\n"#), "a\"b\\c/d\n");
        assert_eq!(decode(r"\u00e9\ud83d\ude00"), "é😀");
        assert_eq!(decode(r"\ud83d x"), "\u{fffd} x");
        assert_eq!(decode(r"\ude00"), "\u{fffd}");
    }
}
