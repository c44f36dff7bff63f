// Errors as a sentence and what to do about it.

const ADVICE = {
  network: "Check the address and the network, then try again. What is stored here can be used meanwhile.",
  busy: "The server is under load: wait a little, then try again.",
  denied: "Give a valid access token: “Change server or token”, then try again.",
  "not-found": "Check the address: a FHIR base URL often ends in /fhir or /r4.",
  "not-fhir": "Check the address: a FHIR base URL often ends in /fhir or /r4.",
  http: "The server refused. Ask for less, or for something else.",
  malformed: "Try again: the answer may have been cut short on its way.",
  quota: "Free some space on this device, or pull less. What was stored before is still there.",
  "store-lost": "Reload the page. If what was stored is gone, pull again.",
  "store-failed": "Reload the page and try again.",
  damaged: "Wipe this copy and pull again.",
  "newer-format": "Reload the page to get the newer version, or wipe this copy.",
  conflict: "Another tab was faster. Try again.",
  internal: "Reload the page and try again.",
};

/**
 * @param {unknown} error what was thrown
 * @param {{ networkOn?: boolean }} [circumstances]
 * @returns {{ sentence: string, advice?: string, code?: string }}
 */
export function failureOf(error, { networkOn = true } = {}) {
  const code = error?.code;
  if (code === "network" && !networkOn) {
    return {
      code,
      sentence: "There is no network: the switch at the top of this page is off.",
      advice: "Switch it on to reach the server. Searching and opening patients work without it.",
    };
  }
  const sentence = error instanceof Error && error.message ? error.message : "Something failed without saying why.";
  return { code, sentence, advice: ADVICE[code] };
}
