//! `_text` and `_content`: words that a resource says, in its narrative or anywhere (R5
//! search.html#content).
//!
//! Words are whole and folded. Several are all meant; `and`, `or` and brackets may stand between them,
//! as in `(bone OR liver) and metastases`. Nothing of this is indexed: full texts would take more than
//! all other columns, and are asked for rarely.

use std::collections::HashSet;

use super::matcher::{bad, folded};
use crate::Result;
use crate::fhir::json::{Broken, Kind, Scanner};

/// How deep brackets may nest.
const DEEPEST: usize = 16;

/// What a resource must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// This word.
    Word(String),
    /// All of these.
    All(Vec<Words>),
    /// One of these.
    Any(Vec<Words>),
}

impl Words {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// [`crate::Code::BadInput`] where there is no word, or a bracket without its other.
    pub fn parse(text: &str) -> Result<Words> {
        let tokens = tokens(text);
        let mut rest = tokens.as_slice();
        match any(&mut rest, 0) {
            Some(words) if rest.is_empty() => Ok(words),
            _ => Err(bad(
                "What is searched in texts are words, with `and`, `or` and brackets between them.",
            )),
        }
    }

    /// Whether these words say it.
    pub fn are_in(&self, said: &HashSet<String>) -> bool {
        match self {
            Words::Word(word) => said.contains(word),
            Words::All(all) => all.iter().all(|words| words.are_in(said)),
            Words::Any(any) => any.iter().any(|words| words.are_in(said)),
        }
    }
}

/// Words and brackets.
fn tokens(text: &str) -> Vec<String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut tokens = Vec::new();
    for part in spaced.split_whitespace() {
        match part {
            "(" | ")" => tokens.push(part.to_string()),
            _ => tokens.extend(words(part)),
        }
    }
    tokens
}

/// `all (or all)*`
fn any(rest: &mut &[String], depth: usize) -> Option<Words> {
    let mut any = vec![all(rest, depth)?];
    while let Some(("or", after)) = first(rest) {
        *rest = after;
        any.push(all(rest, depth)?);
    }
    Some(alone(any, Words::Any))
}

/// `word (and? word)*`
fn all(rest: &mut &[String], depth: usize) -> Option<Words> {
    let mut all = vec![one(rest, depth)?];
    loop {
        match first(rest) {
            Some(("and", after)) => *rest = after,
            None | Some(("or" | ")", _)) => return Some(alone(all, Words::All)),
            Some(_) => {}
        }
        all.push(one(rest, depth)?);
    }
}

/// A word, or what stands in brackets.
fn one(rest: &mut &[String], depth: usize) -> Option<Words> {
    let (token, after) = first(rest)?;
    *rest = after;
    match token {
        "(" if depth < DEEPEST => {
            let inner = any(rest, depth + 1)?;
            let (")", after) = first(rest)? else {
                return None;
            };
            *rest = after;
            Some(inner)
        }
        "(" | ")" | "and" | "or" => None,
        word => Some(Words::Word(word.to_string())),
    }
}

fn first<'t>(rest: &&'t [String]) -> Option<(&'t str, &'t [String])> {
    let (token, after) = rest.split_first()?;
    Some((token, after))
}

fn alone(mut some: Vec<Words>, together: fn(Vec<Words>) -> Words) -> Words {
    match some.len() {
        1 => some.remove(0),
        _ => together(some),
    }
}

/// The words of a text, folded.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = String::from_utf8_lossy(&folded(text)).into_owned();
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(String::from).collect()
}

/// The words that a resource says: in its narrative, or `everywhere`.
///
/// # Errors
/// Where the bytes are no JSON.
pub fn said(resource: &[u8], everywhere: bool) -> std::result::Result<HashSet<String>, Broken> {
    let mut said = HashSet::new();
    Scanner::new(resource).object(|scanner, key| match (key, scanner.kind()?) {
        (b"text", Kind::Object) => scanner.object(|scanner, key| match key {
            b"div" => each_string(scanner, &mut |xhtml| said.extend(words(&plain(xhtml)))),
            _ => scanner.pass().map(drop),
        }),
        (b"resourceType", _) => scanner.pass().map(drop),
        _ if everywhere => each_string(scanner, &mut |text| said.extend(words(text))),
        _ => scanner.pass().map(drop),
    })?;
    Ok(said)
}

fn each_string(
    scanner: &mut Scanner<'_>,
    see: &mut dyn FnMut(&str),
) -> std::result::Result<(), Broken> {
    match scanner.kind()? {
        Kind::String => {
            see(&scanner.string()?.decode());
            Ok(())
        }
        Kind::Array => scanner.array(|scanner| each_string(scanner, see)),
        Kind::Object => scanner.object(|scanner, _| each_string(scanner, see)),
        _ => scanner.pass().map(drop),
    }
}

/// XHTML without its tags, which part words, and with XML's own entities and numbered ones resolved.
fn plain(xhtml: &str) -> String {
    let mut out = String::with_capacity(xhtml.len());
    let mut rest = xhtml;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        let close = if rest[at..].starts_with('<') {
            '>'
        } else {
            ';'
        };
        let Some(end) = rest[at..].find(close) else {
            return out;
        };
        let inner = &rest[at + 1..at + end];
        out.push(if close == '>' { ' ' } else { entity(inner) });
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> char {
    let number = match name.strip_prefix("#x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => name
            .strip_prefix('#')
            .and_then(|digits| digits.parse().ok()),
    };
    number.and_then(char::from_u32).unwrap_or(match name {
        "amp" => '&',
        "apos" => '\'',
        _ => ' ',
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(resource: &str, everywhere: bool, asked: &str) -> bool {
        let said = said(resource.as_bytes(), everywhere).unwrap();
        Words::parse(asked).unwrap().are_in(&said)
    }

    #[test]
    fn words_are_whole_folded_and_joined_as_the_specification_shows() {
        let resource = r#"{"resourceType":"Condition","text":{"status":"generated","div":"<div class='bone'>Métastases of the li&#118;er &amp; M&#xfc;ller's duct</div>"},"code":{"text":"Secondary \"malignant\" neoplasm"}}"#;
        for (asked, in_text, anywhere) in [
            ("metastases", true, true),
            ("METASTASES liver muller", true, true),
            ("metastas", false, false),
            ("bone", false, false),
            ("(bone OR liver) and metastases", true, true),
            ("bone or kidney", false, false),
            ("bone or liver duct", true, true),
            ("malignant", false, true),
            ("(liver) malignant", false, true),
            ("generated", false, false),
            ("condition", false, false),
        ] {
            assert_eq!(says(resource, false, asked), in_text, "{asked}");
            assert_eq!(says(resource, true, asked), anywhere, "{asked}");
        }
    }

    #[test]
    fn what_are_no_words_is_refused() {
        let deep = "(".repeat(100_000);
        for asked in ["", "!", "and", "a or", "(a", "a)", "() a", deep.as_str()] {
            assert!(Words::parse(asked).is_err(), "{:.20}", asked);
        }
    }

    #[test]
    fn xhtml_that_is_cut_short_is_read_as_far_as_it_goes() {
        assert_eq!(plain("a<b>c</b"), "a c");
        assert_eq!(plain("a&b"), "a");
        assert_eq!(plain("a&nbsp;b&#xffffffff;c"), "a b c");
    }
}
