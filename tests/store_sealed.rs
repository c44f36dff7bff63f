//! Encryption around a store, with a toy for a cipher: the Store suite, and what a sealed store makes of
//! another key, of values that were moved or cut, and of stores that are not sealed.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "suite/store.rs"]
mod store;

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use fhir_pull::host::memory::Memory;
use fhir_pull::host::sealed::{Cipher, Purpose, Sealed};
use fhir_pull::host::{Commit, Head, Key, Store};
use fhir_pull::replica::Replica;
use fhir_pull::{Code, Result};
use pollster::block_on;

/// No protection at all, but of the same manners: a nonce, a tag, and an answer that takes its time.
#[derive(Clone, Debug, Default)]
struct Toy {
    key: u64,
    sealed: Rc<Cell<u64>>,
    calls: Rc<Cell<u32>>,
}

impl Toy {
    fn new(key: u64) -> Toy {
        Toy {
            key,
            ..Toy::default()
        }
    }

    fn tag(&self, purpose: &[u8], nonce: u64, clear: &[u8]) -> [u8; 8] {
        let told = [
            &self.key.to_le_bytes()[..],
            purpose,
            &nonce.to_le_bytes(),
            clear,
        ]
        .concat();
        let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        told.iter().fold(0xcbf2_9ce4_8422_2325, fnv).to_le_bytes()
    }

    fn mixed(&self, nonce: u64, bytes: &[u8]) -> Vec<u8> {
        let pad = (self.key ^ nonce).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let pad = pad.to_le_bytes();
        bytes
            .iter()
            .zip(pad.iter().cycle())
            .map(|(byte, pad)| byte ^ pad)
            .collect()
    }

    fn seal_one(&self, purpose: &[u8], clear: &[u8]) -> Vec<u8> {
        let nonce = self.sealed.replace(self.sealed.get() + 1);
        let tag = self.tag(purpose, nonce, clear);
        [&nonce.to_le_bytes()[..], &tag, &self.mixed(nonce, clear)].concat()
    }

    fn open_one(&self, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk()?;
        let (tag, mixed) = rest.split_first_chunk()?;
        let nonce = u64::from_le_bytes(*nonce);
        let clear = self.mixed(nonce, mixed);
        (self.tag(purpose, nonce, &clear) == *tag).then_some(clear)
    }

    /// Takes a turn, as a platform does.
    async fn pause(&self) {
        self.calls.set(self.calls.get() + 1);
        let mut waited = false;
        poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

impl Cipher for Toy {
    async fn seal(&self, clear: &[(Purpose, &[u8])]) -> Result<Vec<Vec<u8>>> {
        self.pause().await;
        let clear = clear.iter();
        Ok(clear
            .map(|(purpose, clear)| self.seal_one(purpose, clear))
            .collect())
    }

    async fn open(&self, sealed: &[(Purpose, &[u8])]) -> Vec<Option<Vec<u8>>> {
        self.pause().await;
        let sealed = sealed.iter();
        sealed
            .map(|(purpose, sealed)| self.open_one(purpose, sealed))
            .collect()
    }
}

struct InSealedMemory(Memory);

impl store::Opener for InSealedMemory {
    type Store = Sealed<Memory, Toy>;
    /// Nonce and tag; for the manifest these, the check's, and the head before them.
    const ADDED: (u64, u64) = (16, 38);

    async fn open(&self) -> Self::Store {
        Sealed::new(self.0.clone(), Toy::new(1), "a")
    }

    async fn pause(&self) {}
}

macro_rules! over_sealed_memory {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            block_on(store::$name(&InSealedMemory(Memory::new())));
        })*
    };
}
store::each_store_test!(over_sealed_memory);

const VALUES: [(Key, &[u8]); 3] = [
    (Key(1), b"Zylberstein"),
    (Key(2), b"Zylberstein"),
    (Key(3), b""),
];

/// A memory that holds [`VALUES`] under the manifest `"manifest"`, sealed with key 1 for scope "a".
fn filled() -> Memory {
    let memory = Memory::new();
    block_on(sealed(&memory, 1).commit(commit(0, "manifest"))).unwrap();
    memory
}

fn commit(expected: u64, manifest: &str) -> Commit {
    Commit {
        expected,
        manifest: manifest.into(),
        puts: VALUES.map(|(key, value)| (key, value.to_vec())).to_vec(),
        deletes: vec![],
    }
}

fn sealed(memory: &Memory, key: u64) -> Sealed<Memory, Toy> {
    Sealed::new(memory.clone(), Toy::new(key), "a")
}

fn raw_head(memory: &Memory) -> Head {
    block_on(memory.head()).unwrap().unwrap()
}

fn raw_value(memory: &Memory, key: Key) -> Vec<u8> {
    block_on(memory.read(&[key])).unwrap().remove(0).unwrap()
}

/// What is stored then, whatever it is sealed with.
fn overwrite(memory: &Memory, manifest: Vec<u8>, puts: &[(Key, Vec<u8>)]) {
    let expected = raw_head(memory).generation;
    let commit = Commit {
        expected,
        manifest,
        puts: puts.to_vec(),
        deletes: vec![],
    };
    block_on(memory.commit(commit)).unwrap();
}

fn head_code(store: &impl Store) -> Code {
    block_on(store.head()).unwrap_err().code()
}

fn read_code(store: &impl Store, key: Key) -> Code {
    block_on(store.read(&[key])).unwrap_err().code()
}

fn holds_all(store: &impl Store) {
    assert_eq!(
        block_on(store.head()).unwrap().unwrap().manifest,
        b"manifest"
    );
    let values = block_on(store.read(&VALUES.map(|(key, _)| key))).unwrap();
    assert_eq!(values, VALUES.map(|(_, value)| Some(value.to_vec())));
}

#[test]
fn nothing_that_was_given_is_stored_and_equal_values_are_stored_differently_l10() {
    let memory = filled();
    let stored = [
        raw_head(&memory).manifest,
        raw_value(&memory, Key(1)),
        raw_value(&memory, Key(2)),
    ];
    for bytes in &stored {
        for clear in [&b"manifest"[..], b"Zylberstein"] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear));
        }
    }
    assert_ne!(stored[1], stored[2]);
}

#[test]
fn a_wrong_key_is_an_error_of_its_own_and_changes_nothing() {
    let memory = filled();
    let thief = sealed(&memory, 2);
    assert_eq!(head_code(&thief), Code::WrongKey);
    for (key, _) in VALUES {
        assert_eq!(read_code(&thief, key), Code::WrongKey);
    }
    holds_all(&sealed(&memory, 1));
}

#[test]
fn a_replica_begun_anew_with_another_key_is_no_damage_to_a_handle_from_before() {
    let memory = filled();
    let before = sealed(&memory, 1);
    holds_all(&before);
    block_on(memory.wipe()).unwrap();
    block_on(sealed(&memory, 2).commit(commit(0, "anew"))).unwrap();
    assert_eq!(read_code(&before, Key(1)), Code::WrongKey);
    assert_eq!(head_code(&before), Code::WrongKey);
}

#[test]
fn a_value_in_the_place_of_another_is_damage() {
    let memory = filled();
    let manifest = raw_head(&memory).manifest;
    let one = raw_value(&memory, Key(1));
    overwrite(&memory, manifest, &[(Key(2), one)]);
    assert_eq!(read_code(&sealed(&memory, 1), Key(2)), Code::Damaged);
}

#[test]
fn a_manifest_of_another_generation_is_damage() {
    let memory = filled();
    let manifest = raw_head(&memory).manifest;
    overwrite(&memory, manifest, &[]);
    assert_eq!(head_code(&sealed(&memory, 1)), Code::Damaged);
}

#[test]
fn values_and_manifest_of_another_store_under_the_same_key_are_damage() {
    let memory = filled();
    let other = Sealed::new(memory.clone(), Toy::new(1), "b");
    assert_eq!(head_code(&other), Code::Damaged);
    assert_eq!(read_code(&other, Key(1)), Code::Damaged);
}

#[test]
fn a_value_cut_short_is_damage_l9() {
    let whole = raw_value(&filled(), Key(1));
    for length in 0..whole.len() {
        let memory = filled();
        let manifest = raw_head(&memory).manifest;
        overwrite(&memory, manifest, &[(Key(1), whole[..length].to_vec())]);
        let code = read_code(&sealed(&memory, 1), Key(1));
        assert_eq!(code, Code::Damaged, "{length}");
    }
}

// Where each begins, after "FPSM".
const FORMAT: usize = 4;
const LENGTH: usize = 5;
const CHECK: usize = 6;
const BODY: usize = 22;

#[test]
fn a_manifest_cut_short_is_damage_unless_even_its_magic_is_gone_l9() {
    let whole = raw_head(&filled()).manifest;
    for length in 0..whole.len() {
        let found = opened_manifest(&whole[..length]);
        let expected = if length < FORMAT {
            Code::WrongKey
        } else {
            Code::Damaged
        };
        assert_eq!(found, Err(expected), "{length}");
    }
}

#[test]
fn a_manifest_with_a_flipped_bit_is_never_read_as_another_l9() {
    let whole = raw_head(&filled()).manifest;
    for bit in 0..whole.len() * 8 {
        let mut broken = whole.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        let found = opened_manifest(&broken);
        match bit / 8 {
            // What may not be ours at all, or may be whole, is not called damaged: that would be wiped.
            ..FORMAT => assert_eq!(found, Err(Code::WrongKey), "{bit}"),
            FORMAT => assert!(
                matches!(found, Err(Code::NewerFormat | Code::Damaged)),
                "{bit}: {found:?}"
            ),
            LENGTH => assert!(found.is_err(), "{bit}"),
            // Not looked at when the body opens.
            CHECK..BODY => assert_eq!(found, Ok(b"manifest".to_vec()), "{bit}"),
            _ => assert_eq!(found, Err(Code::Damaged), "{bit}"),
        }
    }
}

/// What comes of `manifest` as generation 1.
fn opened_manifest(manifest: &[u8]) -> std::result::Result<Vec<u8>, Code> {
    let memory = Memory::new();
    let commit = Commit {
        manifest: manifest.to_vec(),
        ..Commit::default()
    };
    block_on(memory.commit(commit)).unwrap();
    match block_on(sealed(&memory, 1).head()) {
        Ok(head) => Ok(head.unwrap().manifest),
        Err(error) => Err(error.code()),
    }
}

#[test]
fn a_commit_and_a_read_of_many_values_each_ask_the_cipher_once() {
    let toy = Toy::new(1);
    let store = Sealed::new(Memory::new(), toy.clone(), "a");
    block_on(store.commit(commit(0, "manifest"))).unwrap();
    assert_eq!(toy.calls.take(), 1);
    block_on(store.read(&VALUES.map(|(key, _)| key))).unwrap();
    assert_eq!(toy.calls.take(), 1);
}

const SERVER: &str = "https://r4.example.org/fhir";

#[test]
fn a_replica_stored_unencrypted_and_opened_with_a_key_is_wrong_key_and_stays() {
    let memory = Memory::new();
    block_on(memory.commit(commit(0, "manifest"))).unwrap();
    let opened = block_on(Replica::open(sealed(&memory, 1), SERVER, 7, None));
    assert_eq!(opened.unwrap_err().code(), Code::WrongKey);
    holds_all(&memory);
}

#[test]
fn an_encrypted_replica_opened_without_a_key_or_with_another_is_wrong_key_and_stays() {
    let memory = filled();
    let opened = block_on(Replica::open(memory.clone(), SERVER, 7, None));
    assert_eq!(opened.unwrap_err().code(), Code::WrongKey);
    let opened = block_on(Replica::open(sealed(&memory, 2), SERVER, 7, None));
    assert_eq!(opened.unwrap_err().code(), Code::WrongKey);
    holds_all(&sealed(&memory, 1));
}
