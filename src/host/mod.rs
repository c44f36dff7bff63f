//! The four ports to the platform, and their implementations, a file each.
//!
//! Ports are what a test can replace, stop or break. They are as small as they can be, their
//! futures are not `Send`, and dropping a future is a crash: an implementation must leave its
//! store whole at every `.await`.

#[cfg(target_arch = "wasm32")]
pub(crate) mod abort;
#[cfg(target_arch = "wasm32")]
pub mod clock;
#[cfg(target_arch = "wasm32")]
pub mod fetch;
#[cfg(target_arch = "wasm32")]
mod flight;
pub mod http_date;
#[cfg(target_arch = "wasm32")]
pub mod indexed_db;
#[cfg(target_arch = "wasm32")]
pub mod js_store;
#[cfg(target_arch = "wasm32")]
pub mod lock;
pub mod memory;
pub mod sealed;
#[cfg(target_arch = "wasm32")]
pub mod web_crypto;

use std::future::Future;
use std::pin::Pin;

use crate::Result;

/// The name of a stored value. Values are immutable: a key is written once and then only read or
/// deleted. At most 2^53 - 1, so that it is also a JavaScript number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u64);

/// The one mutable value of a store and how often it was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// 1 after the first commit, one more with each.
    pub generation: u64,
    /// What the last commit gave as its manifest.
    pub manifest: Vec<u8>,
}

/// Everything that becomes true at once, or not at all.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The generation that this commit was made from; 0 for an empty store.
    pub expected: u64,
    /// The manifest of generation `expected + 1`.
    pub manifest: Vec<u8>,
    /// New values. Their keys are not in use.
    pub puts: Vec<(Key, Vec<u8>)>,
    /// Values to remove. A key that is not there is no error.
    pub deletes: Vec<Key>,
}

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Values, the manifest not counted.
    pub values: u64,
    /// Bytes of the values and the manifest as they are stored.
    pub bytes: u64,
}

/// Opaque immutable values and one manifest.
pub trait Store {
    /// The manifest and its generation, or `None` where nothing was ever committed (or all was
    /// wiped or evicted).
    async fn head(&self) -> Result<Option<Head>>;

    /// The values of `keys`, in their order; `None` where there is none.
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>>;

    /// Makes all of `commit` durable in one step.
    ///
    /// # Errors
    /// [`Code::Conflict`](crate::Code::Conflict) when the store's generation is not
    /// `commit.expected`, [`Code::Quota`](crate::Code::Quota) when there is no room; nothing is
    /// changed then, nor by any other error.
    async fn commit(&self, commit: Commit) -> Result<()>;

    /// Removes everything, the manifest included; the store is then as new.
    async fn wipe(&self) -> Result<()>;

    /// What is stored, counted.
    async fn usage(&self) -> Result<Usage>;
}

/// One HTTP request. Redirects are never followed by the transport: a 3xx comes back as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if any.
    pub body: Option<Vec<u8>>,
}

/// One HTTP answer, its body read to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status. 0 where the platform hides it (a redirect in a browser).
    pub status: u16,
    /// Names in lower case. A browser shows only those that CORS exposes.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed by the platform.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Sends HTTP requests.
pub trait Transport {
    /// # Errors
    /// [`Code::Network`](crate::Code::Network) when no whole answer came,
    /// [`Code::Aborted`](crate::Code::Aborted) when the caller's signal fired. Any status is an answer.
    async fn send(&self, request: &Request) -> Result<Response>;

    /// The same, but that the body is read piece by piece: the response's own is empty. A transport
    /// that can't do that has one piece.
    ///
    /// # Errors
    /// Those of [`Transport::send`] until the headers are there.
    async fn open(&self, request: &Request) -> Result<(Response, Box<dyn Pieces>)> {
        let mut response = self.send(request).await?;
        let body = std::mem::take(&mut response.body);
        Ok((response, Box::new(Whole(Some(body)))))
    }
}

/// The next piece of a body, or `None` at its end.
pub type NextPiece<'a> = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>>> + 'a>>;

/// A body on its way. Dropped, the rest of it is not wanted.
pub trait Pieces {
    /// The next piece, cut anywhere, or `None` at the end. Not called again after an error.
    ///
    /// # Errors
    /// [`Code::Network`](crate::Code::Network) when the body is cut short,
    /// [`Code::Aborted`](crate::Code::Aborted) when the caller's signal fired.
    fn next(&mut self) -> NextPiece<'_>;
}

/// A body that is there.
struct Whole(Option<Vec<u8>>);

impl Pieces for Whole {
    fn next(&mut self) -> NextPiece<'_> {
        Box::pin(std::future::ready(Ok(self.0.take())))
    }
}

/// Time and chance.
pub trait Clock {
    /// Milliseconds since 1970 by this device. Never used as a server's time (H4).
    fn now(&self) -> i64;
    /// Waits about `milliseconds`.
    async fn sleep(&self, milliseconds: u32);
    /// A number in 0.0..1.0, for jitter; not for secrets.
    fn random(&self) -> f64;
}

/// Mutual exclusion between the tabs and workers of one origin.
pub trait Lock {
    /// Holds the lock until dropped.
    type Guard;
    /// Waits for the lock called `name`.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::Code::Aborted) when the caller's signal fired while waiting.
    async fn acquire(&self, name: &str) -> Result<Self::Guard>;
}
