// A head as an object of a bucket or a value of KV: the length of a header (4 bytes), the header as JSON, the manifest.

/** @returns {Uint8Array} */
export function framed(header, manifest) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const whole = new Uint8Array(4 + text.length + manifest.length);
  new DataView(whole.buffer).setUint32(0, text.length);
  whole.set(text, 4);
  whole.set(manifest, 4 + text.length);
  return whole;
}

/** @param {ArrayBuffer} buffer */
export function unframed(buffer) {
  const length = new DataView(buffer).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { ...header, manifest: new Uint8Array(buffer, 4 + length) };
}
