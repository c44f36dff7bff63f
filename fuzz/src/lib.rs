//! What the fuzz targets share. They keep law L9: any byte sequence from server or store ends in a
//! value or an error, never in a trap.
//!
//! | module | thought |
//! | --- | --- |
//! | [`limit`] | memory ends as it does in a browser |
//! | [`edits`] | fuzzed bytes as changes to what a store holds |
//! | [`shelf`] | a store that can be copied and damaged |
//! | [`ward`] | the replicas that are damaged: invented patients and what was measured |
//! | [`script`] | fuzzed bytes as a server's answers |
//! | [`naive`] | JSON as serde_json reads it |

pub mod edits;
pub mod limit;
pub mod naive;
pub mod script;
pub mod shelf;
pub mod ward;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs what waits for nothing.
///
/// # Panics
/// When it waits: no port of these tests makes anybody wait, so nothing could ever wake it.
pub fn done<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for what never comes"),
    }
}
