//! A store around any store that keeps everything encrypted, the manifest included.
//!
//! ```text
//! value    = sealed for "v" scope key
//! manifest = "FPSM" format check-length check body
//! check    = nothing at all, sealed for "k"
//! body     = sealed for "m" scope generation
//! ```
//!
//! What is *sealed for* something opens only with the same key and for the same thing, so that a value
//! put in another's place, or a manifest under another generation, is found out. The check tells a wrong
//! key, which is no fault of the store, from a manifest that was damaged. Keys, generations and lengths
//! stay readable; they say how much there is, not what.

use super::{Commit, Head, Key, Store, Usage};
use crate::{Code, Error, Result};

const MAGIC: &[u8; 4] = b"FPSM";
/// Raised when a reader of the format before could not read this one.
const FORMAT: u8 = 1;
const CHECK: &[u8] = b"k";

/// Encrypts and authenticates with one key. Takes lists, since the platform may be asked for all of a
/// commit or a read at once. Each item is what it is sealed for, and the bytes.
pub trait Cipher {
    /// The bytes as nobody can read or change them without the key; different each time.
    ///
    /// # Errors
    /// When the platform refuses; never because of what the bytes are.
    async fn seal(&self, clear: &[(Purpose, &[u8])]) -> Result<Vec<Vec<u8>>>;

    /// The bytes that were sealed with this key for the same; `None` for those that were not.
    async fn open(&self, sealed: &[(Purpose, &[u8])]) -> Vec<Option<Vec<u8>>>;
}

/// What something is sealed for: authenticated with it, and not stored.
pub type Purpose = Vec<u8>;

/// `store`, all of whose content only `cipher` can read.
#[derive(Debug)]
pub struct Sealed<S, C> {
    store: S,
    cipher: C,
    scope: Box<str>,
}

impl<S: Store, C: Cipher> Sealed<S, C> {
    /// A handle on what `store` holds. `scope` names the store among those that the same key is used
    /// for, so that no value of another one passes for one of its own.
    pub fn new(store: S, cipher: C, scope: &str) -> Self {
        Sealed {
            store,
            cipher,
            scope: scope.into(),
        }
    }

    fn purpose(&self, what: u8, number: u64) -> Purpose {
        [&[what], self.scope.as_bytes(), &number.to_le_bytes()].concat()
    }
}

impl<S: Store, C: Cipher> Store for Sealed<S, C> {
    async fn head(&self) -> Result<Option<Head>> {
        let Some(head) = self.store.head().await? else {
            return Ok(None);
        };
        let (check, body) = parts(&head.manifest)?;
        let asked = [
            (self.purpose(b'm', head.generation), body),
            (CHECK.to_vec(), check),
        ];
        match &mut self.cipher.open(&asked).await[..] {
            [Some(clear), _] => Ok(Some(Head {
                generation: head.generation,
                manifest: std::mem::take(clear),
            })),
            [None, Some(_)] => Err(changed()),
            _ => Err(Error::new(
                Code::WrongKey,
                "The replica was encrypted with another key. Open it with that one, or wipe it and pull \
                 again; nothing was changed.",
            )),
        }
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        let mut values = self.store.read(keys).await?;
        let there = keys.iter().zip(&values).filter_map(|(key, value)| {
            let sealed = value.as_deref()?;
            Some((self.purpose(b'v', key.0), sealed))
        });
        let opened = self.cipher.open(&there.collect::<Vec<_>>()).await;
        if opened.iter().any(Option::is_none) {
            // Under this handle the replica may have been wiped and begun anew with another key.
            self.head().await?;
        }
        // With the right key, what does not open was damaged, and is as good as missing.
        let sealed = values.iter_mut().filter(|value| value.is_some());
        for (value, clear) in sealed.zip(opened) {
            *value = clear;
        }
        Ok(values)
    }

    async fn commit(&self, mut commit: Commit) -> Result<()> {
        let generation = commit.expected + 1;
        let mut clear = vec![
            (CHECK.to_vec(), &[][..]),
            (self.purpose(b'm', generation), &commit.manifest),
        ];
        for (key, value) in &commit.puts {
            clear.push((self.purpose(b'v', key.0), value));
        }
        let mut sealed = self.cipher.seal(&clear).await?.into_iter();
        let mut next = || sealed.next().ok_or_else(changed);
        let (check, body) = (next()?, next()?);
        commit.manifest = [&MAGIC[..], &[FORMAT, check.len() as u8], &check, &body].concat();
        for (_, value) in &mut commit.puts {
            *value = next()?;
        }
        self.store.commit(commit).await
    }

    async fn wipe(&self) -> Result<()> {
        self.store.wipe().await
    }

    /// With what sealing added.
    async fn usage(&self) -> Result<Usage> {
        self.store.usage().await
    }
}

/// The error for a sealed manifest in the hands of a reader without a key, who would find it damaged.
///
/// # Errors
/// [`Code::WrongKey`] when `manifest` is sealed.
pub fn unsealed(manifest: &[u8]) -> Result<&[u8]> {
    if manifest.starts_with(MAGIC) {
        return Err(Error::new(
            Code::WrongKey,
            "The replica is encrypted. Open it with its key; nothing was changed.",
        ));
    }
    Ok(manifest)
}

/// The check and the body of a sealed manifest.
fn parts(manifest: &[u8]) -> Result<(&[u8], &[u8])> {
    let Some(rest) = manifest.strip_prefix(MAGIC) else {
        return Err(Error::new(
            Code::WrongKey,
            "The replica was stored unencrypted. Open it without a key, or wipe it and pull again; \
             nothing was changed.",
        ));
    };
    match rest {
        [FORMAT, length, rest @ ..] => rest
            .split_at_checked(usize::from(*length))
            .ok_or_else(changed),
        [format, ..] if *format > FORMAT => Err(Error::new(
            Code::NewerFormat,
            "The replica was encrypted by a newer version of fhir-pull. Reload the page to get that version.",
        )),
        _ => Err(changed()),
    }
}

fn changed() -> Error {
    Error::new(
        Code::Damaged,
        "The replica was changed by something without its key, or not written whole.",
    )
}
