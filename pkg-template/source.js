// What can be imported, as a stream of bytes that the engine asks for piece by piece.

import { movable } from "./bytes.js";
import { badInput } from "./errors.js";

/**
 * @param {unknown} source
 * @returns {{ next: () => Promise<Uint8Array | undefined>, end: () => void }}
 *   `end` lets go of what was not read
 */
export function pieces(source) {
  const reader = streamOf(source).getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      if (done) return undefined;
      // What is sent to a worker is copied with all of its buffer. What is no bytes, the engine refuses.
      return value instanceof Uint8Array ? movable(value) : null;
    },
    end: () => reader.cancel().catch(() => {}),
  };
}

function streamOf(source) {
  if (source instanceof ReadableStream) {
    if (source.locked) throw badInput("import: the stream is being read by somebody else already.");
    return source;
  }
  if (source instanceof Blob) return source.stream();
  const plain = typeof source === "string" || source instanceof Uint8Array || source instanceof ArrayBuffer;
  if (!plain) throw badInput("import takes a ReadableStream of bytes, a Blob, a Uint8Array, an ArrayBuffer or a text.");
  return new Blob([source]).stream();
}
