//! A request on its way: its answer waited for while something comes of it, its body read, whole or piece by
//! piece.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, AbortSignal, ReadableStreamDefaultReader, Response as PlatformResponse, Url,
};

use super::abort::{aborted, unless_aborted};
use super::clock::within;
use super::{NextPiece, Pieces};
use crate::{Code, Error};

/// A request on its way, ended when dropped before its answer is all there.
pub(super) struct Flight {
    controller: AbortController,
    /// The caller's.
    signal: Option<AbortSignal>,
    silence: u32,
    /// Where it goes, as a message may say it.
    pub(super) origin: String,
}

impl Flight {
    /// One that is given up when nothing came of it for `silence` milliseconds.
    pub(super) fn new(
        signal: Option<AbortSignal>,
        silence: u32,
        url: &str,
    ) -> crate::Result<Flight> {
        let controller = AbortController::new().map_err(|_| {
            Error::new(
                Code::Unsupported,
                "This platform can't stop a request (AbortController).",
            )
        })?;
        Ok(Flight {
            controller,
            signal,
            silence,
            origin: origin(url),
        })
    }

    /// What ends the platform's part of it.
    pub(super) fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }

    /// Whether the caller's signal has fired.
    pub(super) fn is_aborted(&self) -> bool {
        self.signal.as_ref().is_some_and(AbortSignal::aborted)
    }

    /// What the promise settles to.
    ///
    /// # Errors
    /// [`Code::Network`] when it has not settled after the silence that is borne.
    pub(super) async fn settled(
        &self,
        promise: &Promise,
    ) -> crate::Result<Result<JsValue, JsValue>> {
        let settled = within(self.silence, unless_aborted(promise, self.signal.as_ref())).await;
        settled.ok_or_else(|| {
            let sentence = format!("Nothing came from {} for too long (timeout).", self.origin);
            Error::new(Code::Network, sentence)
        })
    }

    /// The body, read to its end.
    pub(super) async fn whole(&self, answer: &PlatformResponse) -> crate::Result<Vec<u8>> {
        let body = answer.array_buffer().map_err(|_| self.cut())?;
        let body = self.settled(&body).await?;
        Ok(Uint8Array::new(&body.map_err(|_| self.cut())?).to_vec())
    }

    /// The error for a body that did not come to its end. Firefox calls it an AbortError when the
    /// body's stream fails, so only the signal tells.
    pub(super) fn cut(&self) -> Error {
        if self.is_aborted() {
            return aborted();
        }
        let origin = &self.origin;
        Error::new(
            Code::Network,
            format!("The answer of {origin} was cut short: its body did not come to its end."),
        )
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

/// A body on its way, cancelled when dropped before its end.
pub(super) struct Body {
    /// `None` after the end.
    reader: Option<ReadableStreamDefaultReader>,
    flight: Flight,
}

impl Body {
    pub(super) fn new(reader: ReadableStreamDefaultReader, flight: Flight) -> Self {
        Body {
            reader: Some(reader),
            flight,
        }
    }

    async fn read(&mut self) -> crate::Result<Option<Vec<u8>>> {
        let Some(reader) = &self.reader else {
            return Ok(None);
        };
        let read = self.flight.settled(&reader.read()).await?;
        let piece = read.and_then(|read| piece(&read));
        let piece = piece.map_err(|_| self.flight.cut())?;
        if piece.is_none() {
            self.reader = None;
        }
        Ok(piece)
    }
}

/// What a reader has read; a stream of the caller's can bring anything.
fn piece(read: &JsValue) -> Result<Option<Vec<u8>>, JsValue> {
    if Reflect::get(read, &"done".into())?.is_truthy() {
        return Ok(None);
    }
    let piece = Reflect::get(read, &"value".into())?.dyn_into::<Uint8Array>()?;
    Ok(Some(piece.to_vec()))
}

impl Pieces for Body {
    fn next(&mut self) -> NextPiece<'_> {
        Box::pin(self.read())
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            let cancelled = JsFuture::from(reader.cancel());
            // Awaited, since a rejection that nobody hears of ends a Node process.
            spawn_local(async { drop(cancelled.await) });
        }
    }
}

/// The reader of the answer's body, if it has one.
pub(super) fn reader(
    answer: &PlatformResponse,
) -> Result<Option<ReadableStreamDefaultReader>, JsValue> {
    let Some(body) = answer.body() else {
        return Ok(None);
    };
    let get: Function = Reflect::get(&body, &"getReader".into())?.dyn_into()?;
    Ok(Some(get.call0(&body)?.unchecked_into()))
}

/// What a message may say of a URL: no path and no query, since they name patients.
fn origin(url: &str) -> String {
    match Url::new(url) {
        Ok(url) => url.origin(),
        Err(_) => "an address that is no URL".into(),
    }
}
