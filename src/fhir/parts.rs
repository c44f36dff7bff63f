//! A long Bundle, cut into entries while it is on its way.
//!
//! The elements of `entry` are cut out one by one, by counting brackets. What is left is the Bundle
//! without entries, a page like any other: whatever is wrong with it, its reader finds out.

use std::ops::Range;

use super::Page;
use super::bundle::Entry;
use crate::Result;

/// What came of a Bundle so far.
#[derive(Debug, Default)]
pub struct Parts {
    /// The Bundle without the elements of `entry`.
    frame: Vec<u8>,
    /// Elements that are whole, and the beginning of the next.
    elements: Vec<u8>,
    whole: Vec<Range<usize>>,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Where in the frame the latest string of the Bundle's own members begins.
    name: usize,
    /// Whether that is `entry`.
    is_entry: bool,
    in_entry: bool,
    /// Where the latest element begins.
    begins: usize,
}

/// The depth between the elements of `entry`: in an array in an object.
const BETWEEN: usize = 2;

impl Parts {
    /// Adds the next bytes.
    pub fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.escaped) {
                self.put(&bytes[..1]);
                bytes = &bytes[1..];
                continue;
            }
            let matters = match self.in_string {
                true => memchr::memchr2(b'"', b'\\', bytes),
                false => bytes.iter().position(|byte| b"\"{}[]".contains(byte)),
            };
            let (run, rest) = bytes.split_at(matters.unwrap_or(bytes.len()));
            self.put(run);
            bytes = rest;
            if let Some((byte, rest)) = rest.split_first() {
                self.meet(*byte);
                bytes = rest;
            }
        }
    }

    /// How many bytes the entries have that are whole.
    pub fn bytes(&self) -> usize {
        self.whole.last().map_or(0, |last| last.end)
    }

    /// The entries that are whole and were not forgotten, as a page of no more than them.
    ///
    /// # Errors
    /// [`Code::Malformed`](crate::Code::Malformed) for one that is no JSON.
    pub fn page(&self) -> Result<Page<'_>> {
        let entries = self.whole.iter();
        let entries = entries.map(|range| Entry::read(&self.elements[range.clone()]));
        Ok(Page {
            entries: entries.collect::<Result<_>>()?,
            ..Page::default()
        })
    }

    /// Forgets the entries that are whole.
    pub fn forget(&mut self) {
        let taken = self.bytes();
        self.elements.drain(..taken);
        self.begins = self.begins.saturating_sub(taken);
        self.whole.clear();
    }

    /// The Bundle without its entries, once nothing more comes.
    pub fn frame(self) -> Vec<u8> {
        self.frame
    }

    fn put(&mut self, run: &[u8]) {
        if self.in_entry && self.depth > BETWEEN {
            self.elements.extend_from_slice(run);
        } else if self.in_entry && !self.in_string {
            // The commas between the elements go with them.
            let other = run.iter().filter(|byte| !b", \t\r\n".contains(byte));
            self.frame.extend(other);
        } else {
            self.frame.extend_from_slice(run);
        }
    }

    /// A byte that begins or ends something, or an escape.
    fn meet(&mut self, byte: u8) {
        let between = self.in_entry && self.depth == BETWEEN;
        if between && !self.in_string && byte == b'{' {
            self.begins = self.elements.len();
            self.elements.push(byte);
        } else if self.in_entry && self.depth > BETWEEN {
            self.elements.push(byte);
        } else {
            self.frame.push(byte);
        }
        match (byte, self.in_string) {
            (b'\\', true) => self.escaped = true,
            (b'"', true) => {
                self.in_string = false;
                if self.depth == 1 {
                    self.is_entry = &self.frame[self.name..] == b"entry\"";
                }
            }
            (b'"', false) => {
                self.in_string = true;
                if self.depth == 1 {
                    self.name = self.frame.len();
                }
            }
            (b'{' | b'[', false) => {
                self.in_entry |= byte == b'[' && self.depth == 1 && self.is_entry;
                self.depth += 1;
            }
            (b'}' | b']', false) => {
                self.depth = self.depth.saturating_sub(1);
                if self.in_entry && self.depth == BETWEEN && byte == b'}' {
                    self.whole.push(self.begins..self.elements.len());
                }
                self.in_entry &= self.depth >= BETWEEN;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    const BUNDLE: &str = r#"{"resourceType":"Bundle","x":"entry","meta":{"entry":[{"a":1}]},
        "entry" : [ {"fullUrl":"https://x.org/Patient/1","resource":{"resourceType":"Patient","id":"1",
          "n":"a\"}]{\\","entry":[{"b":[2]}]}} , {"resource":{"resourceType":"Patient","id":"2"}}
        ],"total":2,"link":[{"relation":"next","url":"?page=\"2"}]}"#;

    /// What a Bundle is cut into, given in pieces of so many bytes and taken when so many are whole.
    fn cut(bundle: &str, piece: usize, step: usize) -> Result<(Vec<String>, Vec<u8>)> {
        let (mut parts, mut ids) = (Parts::default(), Vec::new());
        let pieces = bundle.as_bytes().chunks(piece).map(Some).chain([None]);
        for piece in pieces {
            parts.add(piece.unwrap_or_default());
            if piece.is_none() || parts.bytes() >= step {
                let page = parts.page()?;
                ids.extend(
                    page.entries
                        .iter()
                        .map(|it| it.identity().unwrap().to_string()),
                );
                parts.forget();
            }
        }
        Ok((ids, parts.frame()))
    }

    #[test]
    fn a_bundle_is_cut_into_its_entries_wherever_its_pieces_end() {
        for (piece, step) in (1..40).flat_map(|piece| [0, 1, 1000].map(|step| (piece, step))) {
            let (ids, frame) = cut(BUNDLE, piece, step).unwrap();
            assert_eq!(ids, ["Patient/1", "Patient/2"], "{piece}");
            let page = Page::read(&frame).unwrap();
            assert!(page.entries.is_empty());
            assert_eq!(page.total, Some(2));
            assert_eq!(page.next.as_deref(), Some("?page=\"2"));
        }
    }

    #[test]
    fn l9_every_cut_of_a_long_bundle_is_an_error_and_never_a_shorter_one() {
        for end in 0..BUNDLE.len() {
            let read =
                cut(&BUNDLE[..end], 7, 0).and_then(|(_, frame)| Page::read(&frame).map(drop));
            assert_eq!(read.unwrap_err().code(), Code::Malformed, "{end}");
        }
    }

    #[test]
    fn l9_what_is_no_bundle_is_an_error_of_its_frame_or_of_an_entry() {
        for body in [
            r#"{"resourceType":"Bundle","entry":[{"resource":}]}"#,
            r#"{"resourceType":"Bundle","entry":[{} x]}"#,
            r#"{"resourceType":"Bundle","entry":[{}]]}"#,
            r#"{"resourceType":"Bundle","entry":[{}]} x"#,
            "]}]}{{[[",
        ] {
            let mut parts = Parts::default();
            parts.add(body.as_bytes());
            let read = parts.page().map(drop);
            let read = read.and_then(|()| Page::read(&parts.frame()).map(drop));
            assert_eq!(read.unwrap_err().code(), Code::Malformed, "{body}");
        }
    }
}
