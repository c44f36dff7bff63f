//! HTTP by `fetch`: the platform's own, or one that the caller gives.
//!
//! gloo-net reads the answer's headers. It does not build the request or read the body: its builder
//! writes an `&` behind a URL's query, and page links are followed as they are (P1); its readers
//! trap on a rejection that is no `Error`, and `abort(reason)` rejects with any value (L9).

use gloo_net::http::Headers as AnswerHeaders;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortSignal, Headers, Request as PlatformRequest, RequestCache, RequestCredentials,
    RequestInit, RequestRedirect, Response as PlatformResponse,
};

use super::abort::aborted;
use super::flight::{Body, Flight, reader};
use super::{Pieces, Request, Response, Transport, Whole};
use crate::{Code, Error};

/// For so long nothing may come of an answer, where nobody says otherwise. Some platforms wait for ever,
/// and a pull that waits keeps all others waiting.
const SILENCE_MS: u32 = 120_000;

/// Sends requests by `fetch`: without cookies, past the HTTP cache, redirects not followed.
#[derive(Clone, Debug)]
pub struct Fetch {
    custom: Option<Function>,
    signal: Option<AbortSignal>,
    silence: u32,
}

impl Fetch {
    /// A transport over `custom`, called with one `Request`, or over the platform's `fetch`.
    /// When `signal` fires, what is under way and every later call ends as aborted.
    pub fn new(custom: Option<Function>, signal: Option<AbortSignal>) -> Self {
        Fetch {
            custom,
            signal,
            silence: SILENCE_MS,
        }
    }

    /// One that gives up an answer of which nothing came for so many milliseconds.
    pub fn with_timeout(mut self, milliseconds: Option<u32>) -> Self {
        self.silence = milliseconds.unwrap_or(SILENCE_MS);
        self
    }

    /// Calls `fetch`; what it throws is as good as what its promise rejects with.
    fn call(&self, request: &PlatformRequest) -> Result<Promise, JsValue> {
        let global = js_sys::global();
        let answer = match &self.custom {
            Some(custom) => custom.call1(&JsValue::UNDEFINED, request)?,
            None => {
                let fetch = Reflect::get(&global, &"fetch".into())?;
                fetch.dyn_into::<Function>()?.call1(&global, request)?
            }
        };
        Ok(Promise::resolve(&answer))
    }

    fn flight(&self, request: &Request) -> crate::Result<Flight> {
        Flight::new(self.signal.clone(), self.silence, &request.url)
    }
}

impl Transport for Fetch {
    async fn send(&self, request: &Request) -> crate::Result<Response> {
        let flight = self.flight(request)?;
        let answer = self.answer(request, &flight).await?;
        Ok(Response {
            body: flight.whole(&answer).await?,
            ..head(&answer)
        })
    }

    async fn open(&self, request: &Request) -> crate::Result<(Response, Box<dyn Pieces>)> {
        let flight = self.flight(request)?;
        let answer = self.answer(request, &flight).await?;
        let reader = reader(&answer).map_err(|_| flight.cut())?;
        // A `fetch` of the caller's may know nothing of streams, and no body (204) has none.
        let Some(reader) = reader else {
            let body = flight.whole(&answer).await?;
            let piece = (!body.is_empty()).then_some(body);
            return Ok((head(&answer), Box::new(Whole(piece))));
        };
        Ok((head(&answer), Box::new(Body::new(reader, flight))))
    }
}

impl Fetch {
    /// The answer, its headers there and its body still on its way.
    async fn answer(&self, request: &Request, flight: &Flight) -> crate::Result<PlatformResponse> {
        if flight.is_aborted() {
            return Err(aborted());
        }
        let origin = &flight.origin;
        let built = build(request, &flight.signal()).map_err(|_| {
            Error::new(
                Code::BadInput,
                format!(
                    "No request can be made for {origin}: its address, its method or one of its \
                     headers (the token, perhaps) is not what HTTP allows."
                ),
            )
        })?;
        let unanswered = |thrown: JsValue| {
            if flight.is_aborted() || is_abort_error(&thrown) {
                return aborted();
            }
            Error::new(
                Code::Network,
                format!(
                    "No answer came from {origin}. The network may be down, the server may not run \
                     there, or it may not allow this page to call it (CORS)."
                ),
            )
        };
        let promise = self.call(&built).map_err(unanswered)?;
        let answer = flight.settled(&promise).await?.map_err(unanswered)?;
        response(answer)
    }
}

/// Status and headers.
fn head(answer: &PlatformResponse) -> Response {
    let headers = AnswerHeaders::from_raw(answer.headers());
    Response {
        // A `fetch` of the caller's that followed a redirect after all brings the answer of a
        // place that nobody has checked (L6): it is shown as the redirect that it was.
        status: match answer.redirected() {
            true => 0,
            false => answer.status(),
        },
        headers: headers
            .entries()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect(),
        body: Vec::new(),
    }
}

/// The platform's request. `credentials` and `cache` are set only where its requests have such a
/// property: workerd refuses the fields that it does not know.
fn build(request: &Request, signal: &AbortSignal) -> Result<PlatformRequest, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_headers(&headers);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(signal));
    if let Some(body) = &request.body {
        init.set_body(&Uint8Array::from(body.as_slice()));
    }
    let class = Reflect::get(&js_sys::global(), &"Request".into())?;
    let properties = Reflect::get(&class, &"prototype".into())?;
    if Reflect::has(&properties, &"credentials".into())? {
        init.set_credentials(RequestCredentials::Omit);
    }
    if Reflect::has(&properties, &"cache".into())? {
        init.set_cache(RequestCache::NoStore);
    }
    PlatformRequest::new_with_str_and_init(&request.url, &init)
}

fn is_abort_error(thrown: &JsValue) -> bool {
    Reflect::get(thrown, &"name".into()).is_ok_and(|name| name == "AbortError")
}

/// A `Response`, of this realm's class or of another that is like it: npm's undici has its own.
fn response(answer: JsValue) -> crate::Result<PlatformResponse> {
    let is = |name: &str, fits: fn(&JsValue) -> bool| {
        Reflect::get(&answer, &name.into()).is_ok_and(|it| fits(&it))
    };
    let fits = is("status", |it| it.as_f64().is_some())
        && is("headers", JsValue::is_object)
        && is("arrayBuffer", JsValue::is_function);
    if !fits {
        return Err(Error::new(
            Code::BadInput,
            "The fetch function that was given did not answer with a Response.",
        ));
    }
    Ok(answer.unchecked_into())
}
