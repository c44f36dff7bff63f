// What to pull, as the package wants it and as people write it.

/** The types that are offered; what a clinician looks at first. */
export const PRESET = [
  "Patient", "AllergyIntolerance", "Condition", "MedicationRequest", "Observation",
  "Encounter", "Procedure", "Immunization", "DiagnosticReport",
];

const TYPE = "[A-Z][A-Za-z]{1,63}";
const HISTORY = new RegExp(`^(${TYPE}(?:/[A-Za-z0-9.-]{1,64})?)/_history$`);
const SEARCH = new RegExp(`^${TYPE}(?:\\?\\S*)?$`);

/**
 * Feeds from the lines of a text: searches, and histories written as `Type/_history`.
 * @throws {RangeError} with a sentence that names the line
 */
export function feedsOf(text) {
  const feeds = [];
  for (const [index, line] of text.split("\n").entries()) {
    const written = line.trim().replace(/^\//, "");
    if (written === "") continue;
    const history = HISTORY.exec(written);
    if (history) feeds.push({ history: history[1] });
    else if (written === "*" || written === "_history") feeds.push({ history: "*" });
    else if (SEARCH.test(written)) feeds.push({ search: written });
    else {
      throw new RangeError(
        `Line ${index + 1} is no search: it begins with a resource type, without spaces, as in Observation?patient=123.`,
      );
    }
  }
  return feeds;
}

/** The feed of a whole type. */
export const wholeType = (type, how) => (how === "search" ? { search: type } : { history: type });

/** A feed's text, as its progress and its status name it, in words. */
export function inWords(feed) {
  if (feed === "_history") return "Everything";
  const history = HISTORY.exec(feed);
  return history ? history[1] : feed;
}

/**
 * What the pulled feeds say about a type as a whole.
 * @param {{ feed: string, complete: boolean, cursor?: string }[]} feeds of the replica's status
 * @returns {{ extent: "all" | "part" | "none", cursor?: string }} `all`: once complete, up to `cursor`
 *   by the server's clock; `part`: some searches, or not to the end; `none`: never asked for
 */
export function coverage(feeds, type) {
  const whole = feeds.filter(({ feed }) => [`${type}/_history`, "_history", type].includes(feed));
  const complete = whole.filter((one) => one.complete);
  if (complete.length > 0) {
    const cursors = complete.map(({ cursor }) => cursor).filter(Boolean).sort();
    return { extent: "all", cursor: cursors.at(-1) };
  }
  const some = whole.length > 0 || feeds.some(({ feed }) => feed.startsWith(`${type}?`) || feed.startsWith(`${type}/`));
  return { extent: some ? "part" : "none" };
}
