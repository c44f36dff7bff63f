//! AES-GCM by WebCrypto, with a key that only the platform sees.
//!
//! ```text
//! sealed = initialization vector (12 bytes, random) ciphertext tag (16 bytes)
//! ```
//!
//! Random vectors of 96 bits are good for 2^32 values of one key (NIST SP 800-38D, 8.3), which is 256 TiB
//! of blocks.

use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::sealed::Cipher;
use crate::{Code, Error, Result};

const VECTOR_BYTES: usize = 12;

#[wasm_bindgen]
extern "C" {
    // By hand: web-sys takes all bytes as `&mut`, and has no such call that copies none.
    #[derive(Clone, Debug)]
    type Crypto;
    type SubtleCrypto;

    #[wasm_bindgen(method, getter)]
    fn subtle(this: &Crypto) -> SubtleCrypto;

    #[wasm_bindgen(method, catch, js_name = getRandomValues)]
    fn get_random_values(this: &Crypto, bytes: &mut [u8]) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn encrypt(
        this: &SubtleCrypto,
        algorithm: &Object,
        key: &JsValue,
        clear: &[u8],
    ) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn decrypt(
        this: &SubtleCrypto,
        algorithm: &Object,
        key: &JsValue,
        sealed: &[u8],
    ) -> std::result::Result<Promise, JsValue>;
}

/// A `CryptoKey` for AES-GCM that may encrypt and decrypt.
#[derive(Clone, Debug)]
pub struct WebCrypto {
    crypto: Crypto,
    key: JsValue,
}

impl WebCrypto {
    /// A cipher of `key`.
    ///
    /// # Errors
    /// [`Code::Unsupported`] where there is no WebCrypto, as on a page that was not loaded by HTTPS.
    pub fn new(key: JsValue) -> Result<Self> {
        let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).unwrap_or_default();
        let subtle = Reflect::get(&crypto, &"subtle".into());
        if !subtle.is_ok_and(|it| it.is_object()) {
            return Err(Error::new(
                Code::Unsupported,
                "There is no WebCrypto here, so that nothing can be encrypted: a page needs HTTPS for it.",
            ));
        }
        Ok(WebCrypto {
            crypto: crypto.unchecked_into(),
            key,
        })
    }

    async fn sealed(&self, purpose: &[u8], clear: &[u8]) -> std::result::Result<Vec<u8>, JsValue> {
        let mut vector = [0; VECTOR_BYTES];
        self.crypto.get_random_values(&mut vector)?;
        let algorithm = algorithm(&vector, purpose)?;
        let encrypting = self.crypto.subtle().encrypt(&algorithm, &self.key, clear)?;
        let ciphertext = array(JsFuture::from(encrypting).await?);
        let mut sealed = vec![0; VECTOR_BYTES + ciphertext.length() as usize];
        let (front, rest) = sealed.split_at_mut(VECTOR_BYTES);
        front.copy_from_slice(&vector);
        ciphertext.copy_to(rest);
        Ok(sealed)
    }

    async fn opened(
        &self,
        purpose: &[u8],
        vector: &[u8],
        ciphertext: &[u8],
    ) -> std::result::Result<Vec<u8>, JsValue> {
        let algorithm = algorithm(vector, purpose)?;
        let subtle = self.crypto.subtle();
        let decrypting = subtle.decrypt(&algorithm, &self.key, ciphertext)?;
        Ok(array(JsFuture::from(decrypting).await?).to_vec())
    }
}

impl Cipher for WebCrypto {
    async fn seal(&self, purpose: &[u8], clear: &[u8]) -> Result<Vec<u8>> {
        self.sealed(purpose, clear).await.map_err(|_| {
            Error::new(
                Code::StoreFailed,
                "The browser could not encrypt what was to be stored; nothing of it was stored.",
            )
        })
    }

    async fn open(&self, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (vector, ciphertext) = sealed.split_at_checked(VECTOR_BYTES)?;
        self.opened(purpose, vector, ciphertext).await.ok()
    }
}

fn algorithm(vector: &[u8], purpose: &[u8]) -> std::result::Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into())?;
    Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(vector))?;
    Reflect::set(
        &algorithm,
        &"additionalData".into(),
        &Uint8Array::from(purpose),
    )?;
    Ok(algorithm)
}

fn array(buffer: JsValue) -> Uint8Array {
    Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>())
}
