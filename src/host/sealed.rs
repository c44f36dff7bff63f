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

use std::cell::OnceCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::{Commit, Head, Key, Store, Usage};
use crate::{Code, Error, Result};

const MAGIC: &[u8; 4] = b"FPSM";
/// Raised when a reader of the format before could not read this one.
const FORMAT: u8 = 1;
const CHECK: &[u8] = b"k";

/// Encrypts and authenticates with one key.
pub trait Cipher {
    /// `clear` as nobody can read or change it without the key, bound to `purpose`; different each time.
    ///
    /// # Errors
    /// When the platform refuses; never because of what `clear` is.
    async fn seal(&self, purpose: &[u8], clear: &[u8]) -> Result<Vec<u8>>;

    /// What was sealed with this key for this `purpose`; `None` for whatever was not.
    async fn open(&self, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// `store`, all of whose content only `cipher` can read.
#[derive(Debug)]
pub struct Sealed<S, C> {
    store: S,
    cipher: C,
    scope: Box<[u8]>,
    /// Sealed once, as it says the same in every manifest.
    check: OnceCell<Vec<u8>>,
}

impl<S: Store, C: Cipher> Sealed<S, C> {
    /// A handle on what `store` holds. `scope` names the store among those that the same key is used
    /// for, so that no value of another one passes for one of its own.
    pub fn new(store: S, cipher: C, scope: &str) -> Self {
        Sealed {
            store,
            cipher,
            scope: scope.as_bytes().into(),
            check: OnceCell::new(),
        }
    }

    fn purpose(&self, what: u8, number: u64) -> Vec<u8> {
        [&[what], &self.scope[..], &number.to_le_bytes()].concat()
    }

    async fn check(&self) -> Result<&Vec<u8>> {
        if let Some(check) = self.check.get() {
            return Ok(check);
        }
        let check = self.cipher.seal(CHECK, &[]).await?;
        Ok(self.check.get_or_init(|| check))
    }

    async fn seal_manifest(&self, generation: u64, manifest: &[u8]) -> Result<Vec<u8>> {
        let check = self.check().await?;
        let purpose = self.purpose(b'm', generation);
        let body = self.cipher.seal(&purpose, manifest).await?;
        let length = u8::try_from(check.len()).map_err(|_| changed())?;
        Ok([&MAGIC[..], &[FORMAT, length], check, &body].concat())
    }

    async fn open_manifest(&self, generation: u64, manifest: &[u8]) -> Result<Vec<u8>> {
        let (check, body) = parts(manifest)?;
        let purpose = self.purpose(b'm', generation);
        match self.cipher.open(&purpose, body).await {
            Some(clear) => Ok(clear),
            None => Err(self.judge(check).await),
        }
    }

    /// Why something did not open: another key, or the key is right and the bytes are not.
    async fn judge(&self, check: &[u8]) -> Error {
        match self.cipher.open(CHECK, check).await {
            Some(_) => changed(),
            None => Error::new(
                Code::WrongKey,
                "The replica was encrypted with another key. Open it with that one, or wipe it and pull \
                 again; nothing was changed.",
            ),
        }
    }

    async fn open_value(&self, key: Key, sealed: Vec<u8>) -> Result<Vec<u8>> {
        let opened = self.cipher.open(&self.purpose(b'v', key.0), &sealed).await;
        match opened {
            Some(clear) => Ok(clear),
            // The replica may have been wiped and begun anew with another key under this handle.
            None => match self.store.head().await? {
                Some(head) => Err(self.judge(parts(&head.manifest)?.0).await),
                None => Err(changed()),
            },
        }
    }
}

impl<S: Store, C: Cipher> Store for Sealed<S, C> {
    async fn head(&self) -> Result<Option<Head>> {
        let Some(Head {
            generation,
            manifest,
        }) = self.store.head().await?
        else {
            return Ok(None);
        };
        let manifest = self.open_manifest(generation, &manifest).await?;
        Ok(Some(Head {
            generation,
            manifest,
        }))
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        let values = keys.iter().zip(self.store.read(keys).await?);
        let opening = values.map(async |(&key, value)| match value {
            Some(sealed) => self.open_value(key, sealed).await.map(Some),
            None => Ok(None),
        });
        all(opening).await
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        let sealing = commit.puts.iter().map(async |(key, value)| {
            let purpose = self.purpose(b'v', key.0);
            Ok((*key, self.cipher.seal(&purpose, value).await?))
        });
        let puts = all(sealing).await?;
        let generation = commit.expected + 1;
        let manifest = self.seal_manifest(generation, &commit.manifest).await?;
        let sealed = Commit {
            manifest,
            puts,
            ..commit
        };
        self.store.commit(sealed).await
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

/// All of them at the same time, since each waits for the platform; the results in their order.
async fn all<T>(futures: impl Iterator<Item = impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
    type Slot<'a, T> = (Pin<Box<dyn Future<Output = Result<T>> + 'a>>, Option<T>);
    let mut slots: Vec<Slot<'_, T>> = futures.map(|it| (Box::pin(it) as _, None)).collect();
    poll_fn(|context| {
        let mut ready = true;
        for (future, output) in slots.iter_mut().filter(|(_, output)| output.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(Ok(value)) => *output = Some(value),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => ready = false,
            }
        }
        if ready {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    })
    .await?;
    Ok(slots.into_iter().filter_map(|(_, output)| output).collect())
}
