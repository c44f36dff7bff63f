// What the stores of this folder throw: an error that says by `code` what the engine is to make of it (see Store in
// index.d.ts). The cause is the platform's own, and stays on this side.

/** Another writer was first. */
export function conflict(cause) {
  return failure("conflict", "Another writer committed first; nothing was changed.", cause);
}

/** What the platform threw, told apart where there is something to be done about it. */
export function failed(cause) {
  // "database or disk is full: SQLITE_FULL", "Exceeded maximum DB size"
  if (/SQLITE_FULL|is full|maximum db size/i.test(cause?.message)) {
    return failure("quota", "The platform has no room left; nothing was changed.", cause);
  }
  // Too many requests, and what Cloudflare says of a part of itself that is just being moved or restarted.
  if (cause?.retryable || /\b(429|503)\b|too many requests|overloaded|try again|reset because|network connection lost/i.test(cause?.message)) {
    return later("The platform can't answer just now.", cause);
  }
  return Object.assign(new Error("The platform refused.", { cause }), { name: String(cause?.name ?? "Error") });
}

/** What may go well at the next attempt. */
export function later(sentence, cause) {
  return Object.assign(new Error(sentence, { cause }), { retryable: true });
}

/** `work`, with what it throws put into these words. */
export async function explained(work) {
  try {
    return await work();
  } catch (cause) {
    throw cause?.code === "conflict" || cause?.retryable ? cause : failed(cause);
  }
}

function failure(code, sentence, cause) {
  return Object.assign(new Error(sentence, { cause }), { code });
}
