//! Where the bearer token comes from.

use crate::Result;

/// Gives the token to send. How it is kept and renewed is the implementation's own affair: where
/// several calls ask for a new one at the same time, it should fetch one for all of them (W4).
pub trait Credentials {
    /// The token to send now, or `None` to send none. Asked before every request; with the token
    /// that the server `refused` after it did, empty where none was sent, at most once a call.
    /// Another call may have renewed it since: then the new one is the answer.
    ///
    /// # Errors
    /// Whatever kept it from giving one; the call that asked fails with that.
    async fn token(&self, refused: Option<&str>) -> Result<Option<String>>;
}

/// For servers that are open to all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoToken;

impl Credentials for NoToken {
    async fn token(&self, _refused: Option<&str>) -> Result<Option<String>> {
        Ok(None)
    }
}
