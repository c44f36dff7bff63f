//! What only JavaScript can give: a `fetch` of its own, a token, a signal.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::error::unfit;
use crate::client::{Base, Client, Credentials};
use crate::host::clock::PlatformClock;
use crate::host::fetch::Fetch;
use crate::{Code, Error, Result};

/// The functions of the `host` argument.
#[derive(Clone, Debug, Default)]
pub(super) struct Host {
    fetch: Option<Function>,
    token: Option<Function>,
}

/// A client as JavaScript's calls use it.
pub(super) type PlatformClient = Client<Fetch, PlatformClock, Token>;

impl Host {
    pub(super) fn of(host: &JsValue) -> Result<Host> {
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
        })
    }

    /// A client for one call, which ends when `signal` fires.
    pub(super) fn client(&self, base: &Base, signal: Option<AbortSignal>) -> PlatformClient {
        let token = Token {
            callback: self.token.clone(),
        };
        Client::new(
            base.clone(),
            Fetch::new(self.fetch.clone(), signal.clone()),
            PlatformClock::new(signal),
            token,
        )
    }
}

/// The application's `token` callback.
#[derive(Clone, Debug)]
pub(super) struct Token {
    callback: Option<Function>,
}

impl Credentials for Token {
    async fn token(&self, refresh: bool) -> Result<Option<String>> {
        let Some(callback) = &self.callback else {
            return Ok(None);
        };
        let ask = Object::new();
        // A fresh object takes any property.
        let _ = Reflect::set(&ask, &"refresh".into(), &refresh.into());
        let asked = callback.call1(&JsValue::UNDEFINED, &ask);
        let token = match asked {
            Ok(answer) => JsFuture::from(Promise::resolve(&answer)).await,
            Err(thrown) => Err(thrown),
        };
        // What it threw may quote a token: only that it failed is passed on.
        let token = token
            .map_err(|_| Error::new(Code::Denied, "The token callback failed; sign in again."))?;
        Ok(token.as_string())
    }
}
