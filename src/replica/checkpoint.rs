//! How far a feed has been followed. Committed with the data it speaks of, so that it can never
//! run ahead of it (L2).

use super::codec::{Decoder, put_bytes, put_number, put_signed};
use crate::fhir::Instant;

/// The state of one feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The feed, as text: its name in the manifest.
    pub feed: String,
    /// Whether it was ever pulled to its end.
    pub complete: bool,
    /// The resource types that it brought so far.
    pub types: Vec<String>,
    /// Up to when the server was followed, by the server's clock (H4). Moves only when a chain of
    /// pages is committed to its end (H3).
    pub cursor: Option<Instant>,
    /// As of when the feed's part of the copy is whole, by the server's clock: when the last chain that
    /// was followed to its end began.
    pub as_of: Option<Instant>,
    /// Where a chain of pages that is not at its end goes on.
    pub chain: Option<Chain>,
    /// How the feed is pulled, as whoever pulls it has noted: 0 before that is known.
    pub strategy: u8,
    /// Why so, as noted.
    pub reason: u8,
    /// The longest that a resource came later than its own time says, in milliseconds (H4).
    pub lateness: u64,
    /// Whether the server's clock and the times of its resources were seen to agree.
    pub clocks_agree: bool,
    /// How many resources are held of which the server says neither that they are there nor that they
    /// are deleted (R2).
    pub unaccounted: u64,
    /// What the last pull that brought something cost.
    pub cost: Cost,
}

/// What pulling a feed cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests, repetitions not counted.
    pub requests: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
    /// Entries seen.
    pub resources: u64,
    /// Time, by this device.
    pub milliseconds: u64,
}

/// A chain of pages that is being followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The link of the next page, as the server gave it.
    pub next: String,
    /// The server's time when the chain began.
    pub started: Option<Instant>,
    /// The newest time seen on its pages.
    pub newest: Option<Instant>,
    /// Whether its entries came in the order of their times, so that all before the newest was seen.
    pub ascending: bool,
    /// How many entries were on its pages, not counting what was included.
    pub entries: u64,
}

impl Checkpoint {
    /// Whether a commit of this instead of `other` is worth it: what only tells when the feed was asked
    /// last is not.
    pub(super) fn says_more_than(&self, other: &Checkpoint) -> bool {
        let when = |checkpoint: &Checkpoint| Checkpoint {
            as_of: None,
            cost: Cost::default(),
            ..checkpoint.clone()
        };
        when(self) != when(other) || (self.as_of.is_some() != other.as_of.is_some())
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.feed.as_bytes());
        out.push(u8::from(self.complete));
        put_number(out, self.types.len() as u64);
        for kind in &self.types {
            put_bytes(out, kind.as_bytes());
        }
        put_instant(out, self.cursor);
        put_instant(out, self.as_of);
        out.push(u8::from(self.chain.is_some()));
        if let Some(chain) = &self.chain {
            put_bytes(out, chain.next.as_bytes());
            put_instant(out, chain.started);
            put_instant(out, chain.newest);
            out.push(u8::from(chain.ascending));
            put_number(out, chain.entries);
        }
        out.extend([self.strategy, self.reason, u8::from(self.clocks_agree)]);
        for number in [self.lateness, self.unaccounted]
            .into_iter()
            .chain(self.cost.numbers())
        {
            put_number(out, number);
        }
    }

    pub(super) fn get(decoder: &mut Decoder<'_>) -> Option<Checkpoint> {
        let mut checkpoint = Checkpoint {
            feed: decoder.text()?,
            complete: decoder.byte()? != 0,
            ..Checkpoint::default()
        };
        for _ in 0..decoder.count()? {
            checkpoint.types.push(decoder.text()?);
        }
        checkpoint.cursor = get_instant(decoder)?;
        checkpoint.as_of = get_instant(decoder)?;
        if decoder.byte()? != 0 {
            checkpoint.chain = Some(Chain {
                next: decoder.text()?,
                started: get_instant(decoder)?,
                newest: get_instant(decoder)?,
                ascending: decoder.byte()? != 0,
                entries: decoder.number()?,
            });
        }
        checkpoint.strategy = decoder.byte()?;
        checkpoint.reason = decoder.byte()?;
        checkpoint.clocks_agree = decoder.byte()? != 0;
        checkpoint.lateness = decoder.number()?;
        checkpoint.unaccounted = decoder.number()?;
        checkpoint.cost = Cost {
            requests: decoder.number()?,
            bytes: decoder.number()?,
            resources: decoder.number()?,
            milliseconds: decoder.number()?,
        };
        Some(checkpoint)
    }
}

impl Cost {
    fn numbers(&self) -> [u64; 4] {
        [self.requests, self.bytes, self.resources, self.milliseconds]
    }
}

fn put_instant(out: &mut Vec<u8>, instant: Option<Instant>) {
    out.push(u8::from(instant.is_some()));
    if let Some(Instant(at)) = instant {
        put_signed(out, at);
    }
}

fn get_instant(decoder: &mut Decoder<'_>) -> Option<Option<Instant>> {
    if decoder.byte()? == 0 {
        return Some(None);
    }
    Some(Some(Instant(decoder.signed()?)))
}
