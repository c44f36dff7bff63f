//! AES-GCM by WebCrypto, with a key that only the platform sees.
//!
//! ```text
//! sealed = initialization vector (12 bytes, random) ciphertext tag (16 bytes)
//! ```
//!
//! The calls of a list are all made before the first is awaited. Random vectors of 96 bits are good for 2^32 values of one key (NIST SP 800-38D, 8.3), which is 256 TiB
//! of blocks.

use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::sealed::{Cipher, Purpose};
use crate::{Code, Error, Result};

const VECTOR_BYTES: usize = 12;

/// What a call of the platform answers or throws.
type Thrown<T> = std::result::Result<T, JsValue>;

#[wasm_bindgen]
extern "C" {
    // Four calls. Their bytes are views of WebAssembly's memory, which the platform copies in the call.
    #[derive(Clone, Debug)]
    type Crypto;
    type SubtleCrypto;

    #[wasm_bindgen(method, getter, catch)]
    fn subtle(this: &Crypto) -> Thrown<SubtleCrypto>;

    #[wasm_bindgen(method, catch, js_name = getRandomValues)]
    fn get_random_values(this: &Crypto, bytes: &mut [u8]) -> Thrown<()>;

    #[wasm_bindgen(method, catch)]
    fn encrypt(
        this: &SubtleCrypto,
        algorithm: &Object,
        key: &JsValue,
        clear: &[u8],
    ) -> Thrown<Promise>;

    #[wasm_bindgen(method, catch)]
    fn decrypt(
        this: &SubtleCrypto,
        algorithm: &Object,
        key: &JsValue,
        sealed: &[u8],
    ) -> Thrown<Promise>;
}

/// A `CryptoKey` for AES-GCM that may encrypt and decrypt.
#[derive(Clone, Debug)]
pub struct WebCrypto {
    crypto: Crypto,
    key: JsValue,
}

impl WebCrypto {
    /// A cipher of `key`. Where the platform has no WebCrypto, as on a page that was not loaded by HTTPS,
    /// it seals and opens nothing.
    pub fn new(key: JsValue) -> Self {
        let crypto = Reflect::get(&js_sys::global(), &"crypto".into());
        WebCrypto {
            crypto: crypto.unwrap_or_default().unchecked_into(),
            key,
        }
    }

    /// Begins to encrypt; gives the vector and the promise of the ciphertext.
    fn encrypt(&self, purpose: &[u8], clear: &[u8]) -> Thrown<([u8; VECTOR_BYTES], Promise)> {
        let mut vector = [0; VECTOR_BYTES];
        self.crypto.get_random_values(&mut vector)?;
        let algorithm = algorithm(&vector, purpose)?;
        let subtle = self.crypto.subtle()?;
        let encrypting = subtle.encrypt(&algorithm, &self.key, clear)?;
        Ok((vector, encrypting))
    }

    async fn encrypt_all(&self, clear: &[(Purpose, &[u8])]) -> Thrown<Vec<Vec<u8>>> {
        let (mut vectors, encrypting) = (Vec::new(), Array::new());
        for (purpose, clear) in clear {
            let (vector, promise) = self.encrypt(purpose, clear)?;
            vectors.push(vector);
            encrypting.push(&promise);
        }
        let encrypted = Array::from(&JsFuture::from(Promise::all(&encrypting)).await?);
        let sealed = vectors
            .iter()
            .zip(encrypted.iter())
            .map(|(vector, ciphertext)| {
                let ciphertext = Uint8Array::new(&ciphertext);
                let mut sealed = vec![0; VECTOR_BYTES + ciphertext.length() as usize];
                let (front, rest) = sealed.split_at_mut(VECTOR_BYTES);
                front.copy_from_slice(vector);
                ciphertext.copy_to(rest);
                sealed
            });
        Ok(sealed.collect())
    }

    /// Begins to decrypt; undefined for what is too short to have been encrypted.
    fn decrypt(&self, purpose: &[u8], sealed: &[u8]) -> Thrown<JsValue> {
        let Some((vector, ciphertext)) = sealed.split_at_checked(VECTOR_BYTES) else {
            return Ok(JsValue::UNDEFINED);
        };
        let algorithm = algorithm(vector, purpose)?;
        let subtle = self.crypto.subtle()?;
        Ok(subtle.decrypt(&algorithm, &self.key, ciphertext)?.into())
    }
}

impl Cipher for WebCrypto {
    async fn seal(&self, clear: &[(Purpose, &[u8])]) -> Result<Vec<Vec<u8>>> {
        self.encrypt_all(clear).await.map_err(|_| {
            Error::new(
                Code::StoreFailed,
                "The browser could not encrypt what was to be stored; nothing of it was stored.",
            )
        })
    }

    async fn open(&self, sealed: &[(Purpose, &[u8])]) -> Vec<Option<Vec<u8>>> {
        let decrypting: Array = sealed
            .iter()
            .map(|(purpose, sealed)| self.decrypt(purpose, sealed).unwrap_or_default())
            .collect();
        // Settled, each in its own way: together they are never rejected.
        let settled = JsFuture::from(Promise::all_settled(&decrypting)).await;
        let settled = Array::from(&settled.unwrap_or_default());
        let opened = settled.iter().map(|one| {
            let clear = Reflect::get(&one, &"value".into()).ok()?;
            let clear: ArrayBuffer = clear.dyn_into().ok()?;
            Some(Uint8Array::new(&clear).to_vec())
        });
        opened.collect()
    }
}

fn algorithm(vector: &[u8], purpose: &[u8]) -> Thrown<Object> {
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
