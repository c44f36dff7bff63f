// FHIR on its way out of the engine: UTF-8 bytes, moved and not copied, parsed once by the caller.

const UTF_8 = new TextDecoder();

/** The resource that the bytes hold. */
export function parse(bytes) {
  return JSON.parse(UTF_8.decode(bytes));
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

/** A result as it is posted, and what of it is transferred: bytes, by themselves or first in a list. */
export function posted(result) {
  const isList = Array.isArray(result);
  const bytes = isList ? result[0] : result;
  if (!(bytes instanceof Uint8Array)) return [result, []];
  const moved = movable(bytes);
  return [isList ? [moved, ...result.slice(1)] : moved, [moved.buffer]];
}
