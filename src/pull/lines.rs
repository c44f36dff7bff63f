//! Cuts the bytes of an import into what can be taken: lines of NDJSON, or one document.
//!
//! The first bytes tell them apart. A value that is complete at the end of its line is NDJSON, but
//! for a Bundle with nothing after it; one that goes on over lines is a document, if it may be a
//! Bundle as far as the line says. Everything else is NDJSON, and broken in its first line.

use std::ops::Range;

use crate::fhir::json::{Broken, Scanner};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What an import's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A resource a line.
    Lines,
    /// One resource, most often a Bundle.
    Document,
}

/// What came and was not taken yet.
#[derive(Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    /// So many of them were taken.
    begins: usize,
    form: Option<Form>,
    /// So many bytes hold no line end that was not looked at.
    searched: usize,
    /// How many lines were taken.
    lines: u64,
    ended: bool,
}

impl Incoming {
    /// Adds the next bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..std::mem::take(&mut self.begins));
        self.bytes.extend_from_slice(bytes);
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// What the import is, once enough came to tell.
    pub(super) fn form(&mut self) -> Option<Form> {
        if self.form.is_none() {
            self.form = self.tell();
            if self.form.is_some() && self.bytes.starts_with(BYTE_ORDER_MARK) {
                self.begins = BYTE_ORDER_MARK.len();
            }
        }
        self.form
    }

    /// All that came of a document.
    pub(super) fn document(&self) -> &[u8] {
        &self.bytes[self.begins..]
    }

    /// The lines that are whole, each with its number, empty ones left out: about `enough` bytes of
    /// them, and where the bytes after them begin.
    pub(super) fn lines(&self, enough: usize) -> (Vec<(u64, &[u8])>, Taken) {
        let mut lines = Vec::new();
        let mut taken = Taken {
            bytes: self.begins,
            lines: self.lines,
        };
        while taken.bytes < self.begins + enough {
            let Some(line) = line(&self.bytes, taken.bytes, self.ended) else {
                break;
            };
            taken = Taken {
                bytes: line.end + 1,
                lines: taken.lines + 1,
            };
            let text = self.bytes[line].trim_ascii();
            if !text.is_empty() {
                lines.push((taken.lines, text));
            }
        }
        (lines, taken)
    }

    /// Forgets what was taken; whether there was any.
    pub(super) fn forget(&mut self, taken: Taken) -> bool {
        let any = taken.bytes > self.begins;
        self.begins = taken.bytes.min(self.bytes.len());
        self.lines = taken.lines;
        any
    }

    /// Whether so many bytes came that were not taken.
    pub(super) fn has(&self, enough: usize) -> bool {
        self.bytes.len() - self.begins >= enough
    }

    fn tell(&mut self) -> Option<Form> {
        let bytes = self.bytes.as_slice();
        let mut at = 0;
        loop {
            // A long first line is searched once, however many pieces it comes in.
            let line = line_from(bytes, at, self.searched.max(at), self.ended);
            let Some(line) = line else {
                self.searched = bytes.len();
                return self.ended.then_some(Form::Lines);
            };
            at = line.end + 1;
            let first = bytes[line].trim_ascii();
            let first = first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first);
            if first.is_empty() {
                continue;
            }
            let rest = bytes.get(at..).unwrap_or_default();
            return match first_value(first) {
                First::Bundle if !rest.trim_ascii().is_empty() => Some(Form::Lines),
                First::Bundle => self.ended.then_some(Form::Document),
                First::Open => Some(Form::Document),
                First::Other => Some(Form::Lines),
            };
        }
    }
}

/// How far an import was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    bytes: usize,
    lines: u64,
}

/// The line that begins at `start`, without its end; `None` while its end has not come.
fn line(bytes: &[u8], start: usize, ended: bool) -> Option<Range<usize>> {
    line_from(bytes, start, start, ended)
}

/// The same, where there is known to be no end before `searched`.
fn line_from(bytes: &[u8], start: usize, searched: usize, ended: bool) -> Option<Range<usize>> {
    match memchr::memchr(b'\n', bytes.get(searched..)?) {
        Some(length) => Some(start..searched + length),
        None => (ended && start < bytes.len()).then_some(start..bytes.len()),
    }
}

/// What the first line that is not empty holds.
enum First {
    /// A Bundle from its beginning to its end.
    Bundle,
    /// The beginning of what may be a Bundle.
    Open,
    Other,
}

fn first_value(line: &[u8]) -> First {
    let mut kind = None;
    let mut scanner = Scanner::new(line);
    let scanned = scanner.object(|scanner, key| {
        match key {
            b"resourceType" => kind = scanner.string_or_skip()?.map(|text| text.0),
            _ => {
                scanner.skip()?;
            }
        }
        Ok::<(), Broken>(())
    });
    let bundle = kind == Some(b"Bundle".as_slice());
    match scanned {
        Ok(()) if bundle => First::Bundle,
        Err(broken) if broken.at == line.len() && (bundle || kind.is_none()) => First::Open,
        _ => First::Other,
    }
}
