// FHIR on its way out of the engine: UTF-8 bytes, moved and not copied, parsed once by the caller.

/** The resource that the bytes hold. */
export function parse(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Whether two answers are the same to the byte. */
export function same(a, b) {
  if (a === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The bytes in a buffer of their own, which can be transferred: a view of wasm memory cannot. */
export function movable(bytes) {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
