//! How a value becomes the bytes that an index sorts and a query looks up.
//!
//! | kind | bytes |
//! | --- | --- |
//! | token | code, 0, system: one code of any system is a prefix, with its system an exact term |
//! | reference | `Type/`, packed id; an absolute URL of another server as it is |
//! |  | for `:identifier`: 2, as a token, then 3 and the type it is to |
//! |  | 3 and the type that the reference names, where its address tells none |
//! | string | folded text: a search for its beginning is a prefix |
//! | uri | as it is |

use crate::fhir::Identity;
use crate::fhir::reference::is_type;

/// Writes the term of a token; without a system the term ends with the zero.
pub fn token(out: &mut Vec<u8>, system: &[u8], code: &[u8]) {
    out.clear();
    out.extend_from_slice(code);
    out.push(0);
    out.extend_from_slice(system);
}

/// Begins the term of a reference's identifier; no other term of a reference does.
pub(super) const IDENTIFIER: u8 = 2;

/// Writes the term of a reference by the identifier that it has beside or instead of an address.
pub fn identifier(out: &mut Vec<u8>, system: &str, value: &str) {
    token(out, system.as_bytes(), value.as_bytes());
    out.insert(0, IDENTIFIER);
}

/// Stands before the type that a reference names where its address does not.
const TARGET: u8 = 3;

/// Appends the type that a reference names.
pub fn put_target(out: &mut Vec<u8>, kind: &str) {
    out.push(TARGET);
    out.extend_from_slice(kind.as_bytes());
}

/// The type that the term of a reference points to, as far as that is known.
pub fn target(term: &[u8]) -> Option<&str> {
    if let Some(at) = term.iter().rposition(|byte| *byte == TARGET) {
        return std::str::from_utf8(&term[at + 1..])
            .ok()
            .filter(|kind| !kind.is_empty());
    }
    let slash = term.iter().position(|byte| *byte == b'/')?;
    let kind = std::str::from_utf8(&term[..slash])
        .ok()
        .filter(|kind| is_type(kind));
    kind.or_else(|| Some(Identity::of_url(std::str::from_utf8(term).ok()?)?.kind))
}

/// Writes a unit: code, 0, system, 0, the unit as people read it.
pub fn unit(out: &mut Vec<u8>, system: &[u8], code: &[u8], unit: &[u8]) {
    token(out, system, code);
    out.push(0);
    out.extend_from_slice(unit);
}

/// The members of a HumanName or Address that a string parameter looks at.
pub const STRING_PARTS: [&[u8]; 12] = [
    b"text",
    b"family",
    b"given",
    b"prefix",
    b"suffix",
    b"line",
    b"city",
    b"district",
    b"state",
    b"postalCode",
    b"country",
    b"value",
];

/// Writes the term of a reference, or nothing for one that points inside its own resource.
/// `base` is the server's: an absolute reference to it is the same as a relative one (R7).
pub fn reference(out: &mut Vec<u8>, base: &str, text: &str) {
    out.clear();
    if text.starts_with('#') {
        return;
    }
    // Most are a type and a UUID.
    if let Some((kind, id)) = text.split_at_checked(text.len().saturating_sub(36))
        && let Some(kind) = kind.strip_suffix('/').filter(|kind| is_type(kind))
        && let Some(packed) = uuid(id.as_bytes())
    {
        for bytes in [kind.as_bytes(), b"/", &[UUID], &packed] {
            out.extend_from_slice(bytes);
        }
        return;
    }
    let own = text
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('/'));
    let relative = own.unwrap_or(text);
    let elsewhere = own.is_none() && text.bytes().any(|byte| byte == b':');
    match Identity::of_url(relative) {
        Some(identity) if !elsewhere => reference_to(out, identity),
        _ => out.extend_from_slice(text.as_bytes()),
    }
}

/// Writes the term of a reference to a resource of the same server.
pub fn reference_to(out: &mut Vec<u8>, identity: Identity<'_>) {
    out.clear();
    out.extend_from_slice(identity.kind.as_bytes());
    out.push(b'/');
    pack_id(out, identity.id);
}

/// Marks a UUID packed into 16 bytes; no FHIR id contains it.
const UUID: u8 = 1;

/// Appends an id; a UUID in lower case takes 17 bytes instead of 36.
pub fn pack_id(out: &mut Vec<u8>, id: &str) {
    match uuid(id.as_bytes()) {
        Some(packed) => {
            out.push(UUID);
            out.extend_from_slice(&packed);
        }
        None => out.extend_from_slice(id.as_bytes()),
    }
}

/// The id that [`pack_id`] appended; `None` for bytes that it cannot have written.
pub fn unpack_id(packed: &[u8]) -> Option<String> {
    let Some(bytes) = packed.strip_prefix(&[UUID]) else {
        return String::from_utf8(packed.to_vec()).ok();
    };
    if bytes.len() != 16 {
        return None;
    }
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[digit as usize]));
        }
    }
    Some(text)
}

fn uuid(id: &[u8]) -> Option<[u8; 16]> {
    if id.len() != 36 {
        return None;
    }
    if [8, 13, 18, 23].iter().any(|dash| id[*dash] != b'-') {
        return None;
    }
    let (mut packed, mut wrong) = ([0; 16], 0);
    for (byte, at) in packed.iter_mut().zip(PAIRS) {
        let (high, low) = (DIGITS[id[at] as usize], DIGITS[id[at + 1] as usize]);
        wrong |= high | low;
        *byte = high << 4 | low;
    }
    (wrong < 16).then_some(packed)
}

/// Where the pairs of digits of a UUID begin.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// What each byte means as a hexadecimal digit in lower case; 255 where it is none.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([255; 256], 0);
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// Writes folded text: lower case, diacritics removed, white space single (R5 search.html#string).
pub fn string(out: &mut Vec<u8>, text: &str) {
    out.clear();
    let mut buffer = [0; 4];
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(b' ');
        }
        for character in word.chars() {
            if character.is_ascii() {
                out.push(character.to_ascii_lowercase() as u8);
                continue;
            }
            for lower in character.to_lowercase() {
                match fold(lower) {
                    Some(plain) => out.extend_from_slice(plain.as_bytes()),
                    None => out.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes()),
                }
            }
        }
    }
}

/// The plain letters of an accented Latin letter in lower case; nothing for a combining mark.
fn fold(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{300}'..='\u{36f}' => "",
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ǒ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ǔ' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_pack_and_unpack_to_themselves() {
        for id in [
            "1",
            "cdec68f5-5a6a-4861-b26b-f4061ff4f2f9",
            "CDEC68F5-5A6A-4861-B26B-F4061FF4F2F9",
            "a.b-c",
        ] {
            let mut packed = Vec::new();
            pack_id(&mut packed, id);
            assert_eq!(unpack_id(&packed).as_deref(), Some(id));
        }
        assert_eq!(unpack_id(&[UUID, 2, 3]), None);
    }

    #[test]
    fn r7_references_to_the_own_server_are_one_term_however_they_are_spelt() {
        let term = |text: &str| {
            let mut out = Vec::new();
            reference(&mut out, "https://x.org/fhir", text);
            out
        };
        let relative = term("Patient/1");
        assert_eq!(relative, b"Patient/1");
        assert_eq!(term("https://x.org/fhir/Patient/1"), relative);
        assert_eq!(term("Patient/1/_history/3"), relative);
        assert_ne!(term("https://other.org/fhir/Patient/1"), relative);
        assert_eq!(term("urn:uuid:0b1f2b3c"), b"urn:uuid:0b1f2b3c");
        assert_eq!(term("#contained"), b"");
    }

    #[test]
    fn text_is_folded_so_that_case_and_diacritics_do_not_matter() {
        let folded = |text: &str| {
            let mut out = Vec::new();
            string(&mut out, text);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(folded("  Müller  Ångström "), "muller angstrom");
        assert_eq!(folded("Jose\u{301} ŁÓDŹ straße"), "jose lodz strasse");
        assert_eq!(folded("Δοκιμή 山田"), "δοκιμή 山田");
    }
}
