//! What only JavaScript can give: a `fetch` of its own, a token, a signal.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use super::error::unfit;
use super::options::{limit, maybe_text, timeout};
use crate::client::{Base, Client, Credentials, Limit};
use crate::fhir::FhirVersion;
use crate::host::abort::{aborted, unless_aborted};
use crate::host::clock::PlatformClock;
use crate::host::fetch::Fetch;
use crate::{Code, Error, Result};

/// The functions of the `host` argument, and the limit that all calls share.
#[derive(Clone, Debug)]
pub(super) struct Host {
    fetch: Option<Function>,
    token: Option<Function>,
    limit: Limit,
    timeout: Option<u32>,
    speaks: Option<FhirVersion>,
}

/// A client as JavaScript's calls use it.
pub(super) type PlatformClient = Client<Fetch, PlatformClock, Token>;

impl Host {
    pub(super) fn of(host: &JsValue, options: &JsValue) -> Result<Host> {
        let function = |name: &str| {
            if !host.is_object() {
                return Ok(None);
            }
            match Reflect::get(host, &name.into()) {
                Ok(value) if value.is_undefined() || value.is_null() => Ok(None),
                Ok(value) => value.dyn_into().map(Some).map_err(|_| unfit("callbacks")),
                Err(_) => Err(unfit("callbacks")),
            }
        };
        Ok(Host {
            fetch: function("fetch")?,
            token: function("token")?,
            limit: limit(options)?,
            timeout: timeout(options)?,
            speaks: maybe_text(options, "speaks")?.and_then(|it| FhirVersion::parse(&it)),
        })
    }

    /// A client for one call, which ends when `signal` fires.
    pub(super) fn client(&self, base: &Base, signal: Option<AbortSignal>) -> PlatformClient {
        let token = Token {
            callback: self.token.clone(),
            given: None,
            signal: signal.clone(),
        };
        self.client_with(base, token, signal)
    }

    /// The same for another base, which gets this token or none: the callback's is not for it (L6).
    pub(super) fn client_elsewhere(
        &self,
        base: &Base,
        token: Option<String>,
        signal: Option<AbortSignal>,
    ) -> PlatformClient {
        let token = Token {
            callback: None,
            given: token,
            signal: signal.clone(),
        };
        self.client_with(base, token, signal)
    }

    fn client_with(
        &self,
        base: &Base,
        token: Token,
        signal: Option<AbortSignal>,
    ) -> PlatformClient {
        let client = Client::new(
            base.clone(),
            Fetch::new(self.fetch.clone(), signal.clone()).with_timeout(self.timeout),
            PlatformClock::new(signal),
            token,
        );
        client.with_limit(self.limit.clone()).speaking(self.speaks)
    }
}

/// The application's `token` callback, or the token of one call.
#[derive(Clone)]
pub(super) struct Token {
    callback: Option<Function>,
    given: Option<String>,
    signal: Option<AbortSignal>,
}

impl Credentials for Token {
    async fn token(&self, refused: Option<&str>) -> Result<Option<String>> {
        let Some(callback) = &self.callback else {
            // There is no other one where it was refused.
            return Ok(self.given.clone().filter(|_| refused.is_none()));
        };
        let ask = Object::new();
        // A fresh object takes any property.
        let set = |name: &str, value: JsValue| {
            let _ = Reflect::set(&ask, &name.into(), &value);
        };
        set("refresh", refused.is_some().into());
        if let Some(refused) = refused {
            set("refused", refused.into());
        }
        let asked = callback.call1(&JsValue::UNDEFINED, &ask);
        let signal = self.signal.as_ref();
        let token = match asked {
            // It may wait for its user.
            Ok(answer) => unless_aborted(&Promise::resolve(&answer), signal).await,
            Err(thrown) => Err(thrown),
        };
        let token = token.map_err(|thrown| match signal.is_some_and(AbortSignal::aborted) {
            true => aborted(),
            false => failed(&thrown),
        })?;
        Ok(token.as_string())
    }
}

/// The error of a token callback. What it threw may quote a token: only what kind of failure it was
/// is passed on (W4).
fn failed(thrown: &JsValue) -> Error {
    let code = Reflect::get(thrown, &"code".into()).unwrap_or_default();
    if code.as_string().as_deref() == Some(Code::Network.as_str()) {
        return Error::new(
            Code::Network,
            "No token could be had for want of a network; nothing is lost by that, try again later.",
        );
    }
    Error::new(Code::Denied, "The token callback failed; sign in again.")
}
