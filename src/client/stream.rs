//! An answer that is read piece by piece: a file of an export (B4), a long page.

use super::answer::Answer;
use super::client::Came;
use super::limit::Permit;
use crate::Result;
use crate::host::Pieces;

/// An answer whose body is still on its way. Dropped, the rest of it is not wanted.
pub struct Stream {
    /// What the headers say; its body is what came of it before the pieces.
    pub head: Answer,
    flow: Option<(Box<dyn Pieces>, Permit)>,
}

impl Stream {
    pub(super) fn new((response, pieces): Came, permit: Permit) -> Self {
        Stream {
            head: Answer::of(response),
            flow: pieces.map(|pieces| (pieces, permit)),
        }
    }

    /// Whether nothing more comes.
    pub fn is_whole(&self) -> bool {
        self.flow.is_none()
    }

    /// Nothing more of it is wanted.
    pub fn close(&mut self) {
        self.flow = None;
    }

    /// The next piece of the body, cut anywhere, or `None` at its end.
    ///
    /// # Errors
    /// [`Code::Network`](crate::Code::Network) when the body is cut short,
    /// [`Code::Aborted`](crate::Code::Aborted) when the caller's signal fired. Nothing comes after it.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let Some((pieces, _)) = &mut self.flow else {
            return Ok(None);
        };
        let piece = pieces.next().await;
        if !matches!(piece, Ok(Some(_))) {
            self.flow = None;
        }
        piece
    }
}
