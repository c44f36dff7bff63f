// The application's `token` callback as the engine asks it (W4): one question at a time for all calls and feeds,
// one refresh at a time for all tabs, and none for a token that another has replaced meanwhile.

import { FhirPullError } from "./errors.js";

/** How long a tab waits for another one's refresh. One that hangs must not keep all of them from their server. */
const PATIENCE_MS = 60_000;

/**
 * @param {(ask: { refresh: boolean }) => unknown} callback
 * @param {string} server whose tokens these are, for the name of the lock
 * @returns {(ask: { refresh: boolean, refused?: string }) => Promise<unknown>} `refused`: the token that the server
 *   did not take; none was sent where it is empty
 */
export function singleFlight(callback, server) {
  let asking;
  let renewing;

  const given = async (refresh) => {
    try {
      return await callback({ refresh });
    } catch (thrown) {
      throw wantsNetwork(thrown) ? noNetwork(thrown) : thrown;
    }
  };

  const renewed = async (refused) => {
    const current = await given(false);
    return current && current !== refused ? current : given(true);
  };

  return async ({ refresh, refused }) => {
    if (!refresh) return renewing ?? (asking ??= given(false).finally(() => (asking = undefined)));
    while (renewing) {
      const token = await renewing;
      if (token !== refused) return token;
    }
    renewing = alone(`fhir-pull/token/${server}`, () => renewed(refused)).finally(() => (renewing = undefined));
    return renewing;
  };
}

/** The token that a callback gives to one call, or nothing where there is no callback. */
export async function tokenOf(callback, ask) {
  try {
    return (await callback?.(ask)) ?? undefined;
  } catch (thrown) {
    if (wantsNetwork(thrown)) throw noNetwork(thrown);
    throw new FhirPullError("The token callback failed; sign in again.", { code: "denied", cause: thrown });
  }
}

/** Does the work under the lock, and without it where there is none to be had. */
async function alone(name, work) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  let working;
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), PATIENCE_MS);
  const begun = () => {
    clearTimeout(timer);
    return (working = work());
  };
  try {
    return await locks.request(name, { signal: waiting.signal }, begun);
  } catch (thrown) {
    return await (working ?? begun());
  }
}

/** Whether a callback failed since it could not reach whoever gives tokens: fetch says so by a TypeError. */
function wantsNetwork({ name, message, retryable } = {}) {
  if (retryable === true || name === "NetworkError" || name === "TimeoutError") return true;
  return name === "TypeError" && (globalThis.navigator?.onLine === false || /fetch|network|load failed/i.test(message));
}

function noNetwork(cause) {
  const sentence = "No token could be had for want of a network; nothing is lost by that, and the next try asks again.";
  return new FhirPullError(sentence, { code: "network", retryable: true, cause });
}
