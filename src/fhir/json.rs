//! A scanner over JSON that validates what it passes and borrows what it gives; no tree, no recursion.
//!
//! It is the one place that decides where a value ends. What it has passed once is JSON by RFC 8259,
//! so the same bytes can later leave in an answer without poisoning it.

pub use super::text::Text;
use crate::{Code, Error};

/// How deep arrays and objects may nest (S5). FHIR's own nesting rarely passes 20.
const DEEPEST: usize = 512;

/// Where the bytes stopped being JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Offset of the first byte that could not be.
    pub at: usize,
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        Error::new(
            Code::Malformed,
            format!(
                "The JSON is cut short or broken at byte {}; ask for it again.",
                broken.at
            ),
        )
    }
}

type Scan<T> = Result<T, Broken>;

/// What a value is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// `-` or a digit
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// A position in JSON text.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// At the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Scanner { bytes, at: 0 }
    }

    /// At the first byte of a whole body, which is UTF-8 (RFC 8259 section 8.1).
    pub fn of_body(bytes: &'a [u8]) -> Scan<Self> {
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(Scanner::new(bytes)),
            Err(error) => Err(Broken {
                at: error.valid_up_to(),
            }),
        }
    }

    /// What the next value is.
    #[inline]
    pub fn kind(&mut self) -> Scan<Kind> {
        match self.visible()? {
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b'"' => Ok(Kind::String),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b't' | b'f' => Ok(Kind::Bool),
            b'n' => Ok(Kind::Null),
            _ => Err(self.broken()),
        }
    }

    /// Calls `member` with each key of the object that comes next; it must consume the value.
    #[inline]
    pub fn object<E: From<Broken>>(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut first = true;
        while let Some(key) = self.member(first)? {
            first = false;
            member(self, key)?;
        }
        Ok(())
    }

    /// Calls `element` at each element of the array that comes next; it must consume the value.
    #[inline]
    pub fn array<E: From<Broken>>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut first = true;
        while self.element(first)? {
            first = false;
            element(self)?;
        }
        Ok(())
    }

    /// The key of an object's next member, or `None` at its end. Not inlined: so many read objects that their
    /// copies would be a tenth of all code.
    #[inline(never)]
    fn member(&mut self, first: bool) -> Scan<Option<&'a [u8]>> {
        match self.goes_on(first, b'{', b'}')? {
            true => self.key().map(Some),
            false => Ok(None),
        }
    }

    /// Whether an array has another element. Not inlined either.
    #[inline(never)]
    fn element(&mut self, first: bool) -> Scan<bool> {
        self.goes_on(first, b'[', b']')
    }

    /// Passes over the bracket or the comma that stands between two things; whether another comes.
    #[inline(always)]
    fn goes_on(&mut self, first: bool, open: u8, close: u8) -> Scan<bool> {
        if first {
            self.expect(open)?;
            let is_empty = self.visible()? == close;
            self.at += usize::from(is_empty);
            return Ok(!is_empty);
        }
        let byte = self.visible()?;
        if byte != b',' && byte != close {
            return Err(self.broken());
        }
        self.at += 1;
        Ok(byte == b',')
    }

    /// The string that comes next.
    #[inline]
    pub fn string(&mut self) -> Scan<Text<'a>> {
        self.expect(b'"')?;
        self.string_tail().map(Text)
    }

    /// The string that comes next; any other value is passed over and gives `None`.
    #[inline]
    pub fn string_or_skip(&mut self) -> Scan<Option<Text<'a>>> {
        if self.visible()? == b'"' {
            return self.string().map(Some);
        }
        self.skip().map(|_| None)
    }

    /// Passes over the next value, whatever it is, and gives its bytes.
    pub fn skip(&mut self) -> Scan<&'a [u8]> {
        self.visible()?;
        let start = self.at;
        let mut open = Nesting::default();
        'value: loop {
            match self.visible()? {
                b'"' => {
                    self.at += 1;
                    self.string_tail()?;
                }
                b'{' => {
                    self.at += 1;
                    if self.visible()? == b'}' {
                        self.at += 1;
                    } else {
                        open.push(true).ok_or(self.broken())?;
                        self.key()?;
                        continue 'value;
                    }
                }
                b'[' => {
                    self.at += 1;
                    if self.visible()? == b']' {
                        self.at += 1;
                    } else {
                        open.push(false).ok_or(self.broken())?;
                        continue 'value;
                    }
                }
                b't' => self.literal(b"true")?,
                b'f' => self.literal(b"false")?,
                b'n' => self.literal(b"null")?,
                _ => self.number()?,
            }
            loop {
                if open.depth == 0 {
                    return Ok(&self.bytes[start..self.at]);
                }
                match (self.visible()?, open.in_object()) {
                    (b',', true) => {
                        self.at += 1;
                        self.key()?;
                        continue 'value;
                    }
                    (b',', false) => {
                        self.at += 1;
                        continue 'value;
                    }
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        open.depth -= 1;
                    }
                    _ => return Err(self.broken()),
                }
            }
        }
    }

    /// Passes over the next value of text that a scanner has validated before, by looking for its
    /// end only: two to three times as fast as [`skip`](Self::skip).
    pub fn pass(&mut self) -> Scan<&'a [u8]> {
        let first = self.visible()?;
        let start = self.at;
        match first {
            b'"' => {
                self.at += 1;
                self.string_tail()?;
            }
            b'{' | b'[' => self.pass_brackets()?,
            _ => {
                let scalar =
                    |b: &u8| !matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
                self.at += self.bytes[self.at..]
                    .iter()
                    .take_while(|b| scalar(b))
                    .count();
            }
        }
        Ok(&self.bytes[start..self.at])
    }

    fn pass_brackets(&mut self) -> Scan<()> {
        let mut depth = 0u32;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => {
                    self.string_tail()?;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Err(self.broken())
    }

    /// Runs `read` on the value that comes next and gives its bytes beside the result.
    pub fn slice<T, E: From<Broken>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<(T, &'a [u8]), E> {
        self.visible()?;
        let start = self.at;
        let value = read(self)?;
        Ok((value, &self.bytes[start..self.at]))
    }

    /// That nothing but white space follows.
    pub fn end(&mut self) -> Scan<()> {
        match self.visible() {
            Ok(_) => Err(self.broken()),
            Err(_) => Ok(()),
        }
    }

    /// The error for where the scanner stands.
    pub fn broken(&self) -> Broken {
        Broken { at: self.at }
    }

    /// The next byte that is not white space, not consumed.
    #[inline(always)]
    fn visible(&mut self) -> Scan<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(&byte) => return Ok(byte),
                None => return Err(self.broken()),
            }
        }
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Scan<()> {
        if self.visible()? != byte {
            return Err(self.broken());
        }
        self.at += 1;
        Ok(())
    }

    /// A key and its colon.
    #[inline(always)]
    fn key(&mut self) -> Scan<&'a [u8]> {
        self.expect(b'"')?;
        let key = self.string_tail()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// What is left of a string whose opening quote is consumed; consumes the closing one.
    #[inline(always)]
    fn string_tail(&mut self) -> Scan<&'a [u8]> {
        let start = self.at;
        loop {
            self.at += plain(&self.bytes[self.at..]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    let text = &self.bytes[start..self.at];
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(self.broken()),
            }
        }
    }

    /// Passes over one escape, checked.
    fn escape(&mut self) -> Scan<()> {
        let length = match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.broken());
                }
                6
            }
            _ => return Err(self.broken()),
        };
        self.at += length;
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Scan<()> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.broken());
        }
        self.at += word.len();
        Ok(())
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Scan<()> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.broken()),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Scan<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.broken());
        }
        Ok(())
    }
}

/// How many bytes of a string stand before the next quote, backslash or control character.
/// Eight at a time: a byte is special when it equals `"` or `\` or is below 0x20.
#[inline(always)]
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut passed = 0;
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let special = zero(word ^ (ONES * b'"' as u64))
            | zero(word ^ (ONES * b'\\' as u64))
            | (word.wrapping_sub(ONES * 0x20) & !word & HIGHS);
        // A borrow can only mark bytes above a true one wrongly, so the lowest mark is exact.
        if special != 0 {
            return passed + special.trailing_zeros() as usize / 8;
        }
        passed += 8;
    }
    let special = |&b: &u8| b == b'"' || b == b'\\' || b < 0x20;
    passed + tail.iter().position(special).unwrap_or(tail.len())
}

/// Which of the open brackets are objects; a bit each.
#[derive(Default)]
struct Nesting {
    depth: usize,
    objects: [u64; DEEPEST / 64],
}

impl Nesting {
    #[inline]
    fn push(&mut self, object: bool) -> Option<()> {
        let word = self.objects.get_mut(self.depth / 64)?;
        let bit = 1 << (self.depth % 64);
        *word = if object { *word | bit } else { *word & !bit };
        self.depth += 1;
        Some(())
    }

    #[inline]
    fn in_object(&self) -> bool {
        let top = self.depth - 1;
        self.objects[top / 64] >> (top % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        let mut scanner = Scanner::new(text.as_bytes());
        scanner.skip().is_ok() && scanner.end().is_ok()
    }

    #[test]
    fn what_is_json_is_passed_and_what_is_not_is_refused_as_serde_json_does() {
        let texts = [
            "{}",
            "[]",
            "0",
            "-0",
            "01",
            "-",
            "1.",
            "1.5",
            "1e",
            "1e5",
            "1E+5",
            "1.5e-3",
            "true",
            "tru",
            "null",
            "nul",
            "\"\"",
            "\"a",
            "\"\\\"",
            "\"\\u12\"",
            "\"\\u1234\"",
            "\"\\x\"",
            "\"a\nb\"",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{\"a\" : [1 , 2 ] }",
            "{a:1}",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "[[[[]]]]",
            "[}",
            "{]",
            "[{\"a\":[{}]}]",
            "",
            " ",
            "1 2",
            "{\"a\":1}}",
            "\"0123456789\\n0123456789\"",
            "\"0123456\u{1}\"",
            "[\"é\"]",
        ];
        for text in texts {
            let serde = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            assert_eq!(accepts(text), serde, "{text:?}");
        }
    }

    #[test]
    fn s5_nesting_without_end_is_refused_without_recursion() {
        let deep = "[".repeat(100_000);
        assert!(!accepts(&deep));
        let fair = format!("{}{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        assert!(accepts(&fair));
    }

    #[test]
    fn l9_every_prefix_and_every_flipped_byte_ends_in_a_value_or_an_error() {
        let text = br#"{"a":[1,-2.5e3,"x\u00e9\\"],"b":{"c":null,"d":[true,false]}}"#;
        for end in 0..text.len() {
            assert!(Scanner::new(&text[..end]).skip().is_err(), "{end}");
        }
        for at in 0..text.len() {
            for byte in 0..=255 {
                let mut broken = text.to_vec();
                broken[at] = byte;
                let _ = Scanner::new(&broken).skip();
                let _ = Scanner::new(&broken).pass();
            }
        }
    }

    #[test]
    fn passing_ends_where_skipping_ends() {
        for text in [
            "{\"a\":[1,{\"b\":\"}\\\"]\"}]} ,",
            " [ [ ] , \"[\" ] x",
            "-1.5e3,",
            "true}",
            "\"a,b\" ",
            "null",
        ] {
            let (mut skipping, mut passing) =
                (Scanner::new(text.as_bytes()), Scanner::new(text.as_bytes()));
            assert_eq!(skipping.skip(), passing.pass(), "{text}");
            assert_eq!(skipping.at, passing.at, "{text}");
        }
    }

    #[test]
    fn members_and_elements_are_visited_in_order() {
        let mut seen = Vec::new();
        let mut scanner = Scanner::new(br#" { "a" : 1 , "b" : [ "x" , 2 ] } "#);
        scanner
            .object(|scanner, key| -> Result<(), Broken> {
                if key == b"b" {
                    return scanner.array(|scanner| {
                        seen.push(scanner.skip()?.to_vec());
                        Ok(())
                    });
                }
                seen.push(scanner.skip()?.to_vec());
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, [b"1".to_vec(), b"\"x\"".to_vec(), b"2".to_vec()]);
    }
}
