//! Packs: values of a replica as they are handed to others, many with one request.
//!
//! ```text
//! pack = "FPPK" format lineage how-many (gap of its key, length)* value* checksum
//! name = cell "-" cell "-" ...      cell = which 64 keys, and a bit for each that is in the pack, in hex
//! ```
//!
//! A key is written once in the life of a replica, and its name says exactly which keys a pack has. So a
//! lineage (the replica's mark of birth) and a name never mean other bytes, and whoever keeps copies may keep
//! them for ever. A value that a merge has removed makes other packs with other names.

use super::codec::{Decoder, put_number};
use super::segment::{seal, unseal};
use crate::Result;
use crate::host::Key;

const MAGIC: &[u8; 4] = b"FPPK";
const FORMAT: u8 = 1;

/// A pack is closed when it would have more bytes.
const BYTES: u64 = 4 * 1024 * 1024;
/// A cell with more bytes shares its pack with no other, so that what is merged at one place changes no
/// names at others.
const ALONE: u64 = 1024 * 1024;
/// So many cells have one name.
const CELLS: usize = 24;

/// Some values, by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    /// Ascending.
    pub(super) keys: Vec<Key>,
    /// About how many bytes they are.
    pub bytes: u64,
}

/// Which 64 keys; a bit for each of them.
type Cell = (u64, u64);

/// Groups values, given by keys in their order and about their sizes.
pub(super) fn packed(values: &[(Key, u64)]) -> Vec<Pack> {
    let mut packs = Vec::new();
    let (mut pack, mut cells) = (Pack::default(), 0);
    for cell in values.chunk_by(|(a, _), (b, _)| a.0 >> 6 == b.0 >> 6) {
        let bytes: u64 = cell.iter().map(|(_, bytes)| bytes).sum();
        if bytes > ALONE || cells == CELLS {
            close(&mut pack, &mut packs);
            cells = 0;
        }
        cells += 1;
        for (key, bytes) in cell {
            if pack.bytes + bytes > BYTES {
                close(&mut pack, &mut packs);
                cells = 1;
            }
            pack.keys.push(*key);
            pack.bytes += bytes;
        }
        if bytes > ALONE {
            close(&mut pack, &mut packs);
            cells = 0;
        }
    }
    close(&mut pack, &mut packs);
    packs
}

fn close(pack: &mut Pack, packs: &mut Vec<Pack>) {
    let pack = std::mem::take(pack);
    if !pack.keys.is_empty() {
        packs.push(pack);
    }
}

impl Pack {
    /// What an address calls it.
    pub fn name(&self) -> String {
        let cells: Vec<String> = self
            .cells()
            .map(|(cell, bits)| format!("{cell:x}.{bits:x}"))
            .collect();
        cells.join("-")
    }

    /// The pack of a name; `None` for what is none.
    pub fn of_name(name: &str) -> Option<Pack> {
        let mut pack = Pack::default();
        for (number, cell) in name.split('-').enumerate() {
            let (cell, bits) = cell.split_once('.')?;
            let hex = |text: &str| u64::from_str_radix(text, 16).ok();
            pack.add((hex(cell)?, hex(bits)?))?;
            if number >= CELLS {
                return None;
            }
        }
        // One pack has one name.
        (pack.name() == name).then_some(pack)
    }

    fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        let cells = self.keys.chunk_by(|a, b| a.0 >> 6 == b.0 >> 6);
        cells.map(|keys| {
            let bits = keys.iter().fold(0, |bits, key| bits | 1 << (key.0 & 63));
            (keys[0].0 >> 6, bits)
        })
    }

    /// Adds the keys of a cell behind those that are there.
    fn add(&mut self, (cell, bits): Cell) -> Option<()> {
        let first = cell.checked_mul(64).filter(|first| *first < 1 << 53)?;
        let follows = self.keys.last().is_none_or(|last| last.0 < first);
        if bits == 0 || !follows {
            return None;
        }
        let keys = (0..64).filter(|bit| bits >> bit & 1 == 1);
        self.keys.extend(keys.map(|bit| Key(first + bit)));
        Some(())
    }

    /// As a list of packs has it.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.bytes);
        let cells: Vec<Cell> = self.cells().collect();
        put_number(out, cells.len() as u64);
        for (cell, bits) in cells {
            put_number(out, cell);
            put_number(out, bits);
        }
    }

    pub(super) fn get(decoder: &mut Decoder<'_>) -> Option<Pack> {
        let mut pack = Pack {
            bytes: decoder.size()?,
            ..Pack::default()
        };
        for _ in 0..decoder.count().filter(|cells| *cells <= CELLS)? {
            pack.add((decoder.number()?, decoder.number()?))?;
        }
        Some(pack)
    }

    /// The pack itself, of the values of its keys in their order.
    pub(super) fn encode(&self, lineage: u64, values: &[Vec<u8>]) -> Vec<u8> {
        let bytes: usize = values.iter().map(Vec::len).sum();
        let mut out = Vec::with_capacity(bytes + 32 + values.len() * 8);
        out.extend_from_slice(MAGIC);
        out.push(FORMAT);
        put_number(&mut out, lineage);
        put_number(&mut out, values.len() as u64);
        let mut before = 0;
        for (Key(key), value) in self.keys.iter().zip(values) {
            put_number(&mut out, key - before);
            put_number(&mut out, value.len() as u64);
            before = *key;
        }
        for value in values {
            out.extend_from_slice(value);
        }
        seal(out)
    }

    /// The values out of what was sent for this pack, if that is what it says.
    ///
    /// # Errors
    /// [`Code::Damaged`](crate::Code::Damaged) when it is not, [`Code::NewerFormat`](crate::Code::NewerFormat).
    pub(super) fn open<'a>(&self, lineage: u64, bytes: &'a [u8]) -> Result<Vec<(Key, &'a [u8])>> {
        let body = unseal(bytes, MAGIC, FORMAT, "pack")?;
        let values = self.decode(lineage, body);
        values.ok_or_else(|| super::codec::damaged("pack"))
    }

    fn decode<'a>(&self, lineage: u64, body: &'a [u8]) -> Option<Vec<(Key, &'a [u8])>> {
        let mut decoder = Decoder::new(body);
        let is_it = decoder.number()? == lineage && decoder.count()? == self.keys.len();
        let mut lengths = Vec::with_capacity(if is_it { self.keys.len() } else { return None });
        let mut before = 0u64;
        for key in &self.keys {
            before = before.checked_add(decoder.number()?)?;
            if before != key.0 {
                return None;
            }
            lengths.push(usize::try_from(decoder.number()?).ok()?);
        }
        let values = self.keys.iter().zip(lengths);
        let values = values.map(|(key, length)| Some((*key, decoder.take(length)?)));
        let values = values.collect::<Option<Vec<_>>>()?;
        decoder.rest.is_empty().then_some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::segment::key;

    fn of(keys: &[Key], bytes: u64) -> Vec<Pack> {
        packed(&keys.iter().map(|key| (*key, bytes)).collect::<Vec<_>>())
    }

    #[test]
    fn small_segments_share_a_pack_and_large_ones_have_their_own() {
        let small: Vec<Key> = (0..20).map(|segment| key(segment, 0)).collect();
        assert_eq!(of(&small, 30_000).len(), 1);
        assert_eq!(of(&small, 300_000).len(), 2, "4 MiB a pack");
        let large: Vec<Key> = (0..200).map(|value| key(7, value)).collect();
        let all = [&small[..3], &large, &[key(8, 0)]].concat();
        let packs = of(&all, 32_000);
        let lengths: Vec<usize> = packs.iter().map(|pack| pack.keys.len()).collect();
        assert_eq!(lengths, [3, 64, 64, 64, 9]);
        // What is merged away at one place changes no name at others.
        let less: Vec<Key> = all
            .iter()
            .copied()
            .filter(|it| it.0 & 0xf_ffff != 80)
            .collect();
        let (before, after) = (packs, of(&less, 32_000));
        let same = before.iter().filter(|pack| after.contains(pack)).count();
        assert_eq!((before.len(), after.len(), same), (5, 5, 4));
        let many: Vec<Key> = (0..100).map(|segment| key(segment, 0)).collect();
        assert_eq!(
            of(&many, 10).len(),
            5,
            "as many cells as an address has room for"
        );
        assert_eq!(of(&[key(1, 0), key(1, 1)], 5 << 20).len(), 2);
    }

    #[test]
    fn a_name_is_read_as_written_and_there_is_no_other_for_the_same_pack() {
        let packs = of(
            &[key(0, 0), key(3, 1), key(3, 63), key(3, 64), key(9, 7)],
            5,
        );
        let name = packs[0].name();
        assert_eq!(name, "0.1-c000.8000000000000002-c001.1-24000.80");
        let read = Pack::of_name(&name).unwrap();
        assert_eq!(read.keys, packs[0].keys);
        for wrong in [
            "",
            "0",
            "0.0",
            "1.1-0.1",
            "0.1-0.2",
            "00.1",
            "0.01",
            "0.A",
            "0.1-",
            "-0.1",
            "+1.1",
            "0.1.1",
            "0.10000000000000000",
            "fffffffffffffff.1",
            "20000000000000.1",
            "x.1",
            "0.1/1",
        ] {
            assert_eq!(Pack::of_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn l9_what_was_sent_is_the_pack_that_was_asked_for_or_an_error() {
        let pack = &of(&[key(1, 0), key(1, 5)], 3)[0];
        let values = [b"abc".to_vec(), Vec::new()];
        let sent = pack.encode(7, &values);
        let opened = pack.open(7, &sent).unwrap();
        assert_eq!(opened, [(key(1, 0), &b"abc"[..]), (key(1, 5), &b""[..])]);
        assert!(
            pack.open(8, &sent).is_err(),
            "of another life of the replica"
        );
        let other = &of(&[key(1, 0), key(1, 6)], 3)[0];
        assert!(other.open(7, &sent).is_err(), "another pack");
        for bit in 0..sent.len() * 8 {
            let mut broken = sent.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(pack.open(7, &broken).is_err());
        }
        for length in 0..sent.len() {
            assert!(pack.open(7, &sent[..length]).is_err());
            // What the checksum does not catch.
            let _ = pack.open(7, &seal(sent[..length].to_vec()));
        }
        let mut out = Vec::new();
        pack.put(&mut out);
        assert_eq!(Pack::get(&mut Decoder::new(&out)).as_ref(), Some(pack));
    }
}
