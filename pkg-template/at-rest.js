// Where a replica is kept, and the key of one that is encrypted.
//
//   fhir-pull/<name>        a replica
//   fhir-pull/<digest>      an encrypted one: names may tell whose data it is
//   fhir-pull-key/<digest>  the key that was made here for it, in the object store "key" under 0

import { FhirPullError } from "./errors.js";

/** Whether a value is a key that the engine can use. */
export function isKey(value) {
  if (Object.prototype.toString.call(value) !== "[object CryptoKey]") return false;
  const { algorithm, usages } = value;
  return algorithm.name === "AES-GCM" && usages.includes("encrypt") && usages.includes("decrypt");
}

/**
 * @param {string} name
 * @param {CryptoKey | true} [encrypt]
 * @returns {Promise<{ database: string, key?: CryptoKey }>} the database's name after "fhir-pull/"
 */
export async function placed(name, encrypt) {
  const { hidden, there, kept } = await databasesOf(name);
  if (!encrypt) {
    if (there.includes(hidden)) throw wrongKey("is encrypted. Open it with its key");
    return { database: name };
  }
  if (hidden === undefined) {
    const sentence = "There is no WebCrypto here, so that nothing can be encrypted: a page needs HTTPS for it.";
    throw new FhirPullError(sentence, { code: "unsupported" });
  }
  if (there.includes(name)) throw wrongKey("was stored unencrypted. Open it without `encrypt`");
  if (encrypt === true && there.includes(hidden) && !kept) {
    throw wrongKey("is encrypted with a key that is not kept here. Open it with that one");
  }
  return { database: hidden, key: encrypt === true ? await keptKey(hidden) : encrypt };
}

/**
 * @returns {Promise<{ hidden?: string, there: string[], kept: boolean }>} its name when encrypted, where that can be;
 *   under which of its two names something is stored; whether a key was made here for it
 */
export async function databasesOf(name) {
  // Where a browser does not tell, or storage is forbidden (which opening then says), none is known.
  const known = async () => (await indexedDB.databases?.()) ?? [];
  const [hidden, all] = await Promise.all([digest(name), known().catch(() => [])]);
  const has = (wanted) => all.some((database) => database.name === wanted);
  const there = [name, hidden].filter((one) => has(`fhir-pull/${one}`));
  return { hidden, there, kept: has(`fhir-pull-key/${hidden}`) };
}

/** Deletes the key that was made here for a replica; whether there was one. */
export async function forgottenKey(hidden) {
  const { oldVersion } = await happened(indexedDB.deleteDatabase(`fhir-pull-key/${hidden}`));
  return oldVersion > 0;
}

/** The key that was made here for a replica, or a new one. */
async function keptKey(hidden) {
  const request = indexedDB.open(`fhir-pull-key/${hidden}`, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("key");
  await happened(request);
  const database = request.result;
  try {
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // What it encrypts must not outlive it.
    const transaction = database.transaction("key", "readwrite", { durability: "strict" });
    const keys = transaction.objectStore("key");
    const found = keys.get(0);
    // Another visit's key stays, also of a tab that was first by a moment.
    found.onsuccess = () => found.result ?? keys.put(made, 0);
    await happened(transaction, "complete");
    return found.result ?? made;
  } finally {
    database.close();
  }
}

function happened(what, event = "success") {
  return new Promise((resolve, reject) => {
    what.addEventListener(event, resolve);
    const failed = () => {
      const sentence = "The browser could not keep or remove the key of this replica; its cause says why.";
      reject(new FhirPullError(sentence, { code: "store-failed", cause: what.error }));
    };
    what.addEventListener("error", failed);
    what.addEventListener("abort", failed);
  });
}

async function digest(name) {
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) return undefined;
  const bytes = await subtle.digest("SHA-256", new TextEncoder().encode(`fhir-pull/${name}`));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function wrongKey(what) {
  const sentence = `This replica ${what}, or remove it with wipeReplica; nothing was changed.`;
  return new FhirPullError(sentence, { code: "wrong-key" });
}
