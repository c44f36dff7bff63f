// The address of a FHIR server as a person types it, and the name of the copy made from it.

/**
 * @returns the base URL without a slash at its end
 * @throws {RangeError} with a sentence, for what can be none
 */
export function serverAddress(text) {
  const typed = text.trim();
  if (typed === "") throw new RangeError("Give the base URL of the FHIR server.");
  if (!/^https?:\/\//i.test(typed)) throw new RangeError("The base URL begins with https:// or http://.");
  let url;
  try {
    url = new URL(typed);
  } catch {
    throw new RangeError("This is no URL. A base URL looks like https://r4.example.org/fhir.");
  }
  if (url.username || url.password) throw new RangeError("The base URL must not hold a user name or password.");
  if (url.search || url.hash) throw new RangeError("The base URL ends before any ? or #: give searches under “Pull”.");
  return url.href.replace(/\/+$/, "");
}

/** What a copy of this server is called where nobody says otherwise. */
export function copyName(server) {
  const { host, pathname } = new URL(server);
  return `${host}${pathname}`.replace(/[^A-Za-z0-9.]+/g, "-").replace(/-+$/, "");
}
