// Puts a server's own elements (id, meta.versionId, meta.lastUpdated) into the text of a resource.
// Everything else stays as it was written, since going through JSON.parse and JSON.stringify would
// lose what FHIR counts as data: 1.50 is not 1.5.

/** Where the string that begins at `at` ends: the place of its last quotation mark. */
function stringEnd(text, at) {
  let end = text.indexOf('"', at + 1);
  // A quotation mark after an odd number of backslashes belongs to the string.
  for (;;) {
    let before = end;
    while (text[before - 1] === "\\") before -= 1;
    if ((end - before) % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
}

/**
 * The members of the object that a valid JSON text holds, one at a time.
 * @returns {Generator<{ name: string, text: string, end: number }>} each member's name, its text
 *   (`"name": value`), and where in the text it ends
 */
function* members(text) {
  let depth = 0;
  let start = 0;
  let name;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = stringEnd(text, at);
      if (depth === 1 && name === undefined) name = JSON.parse(text.slice(at, end + 1));
      at = end;
    } else if (character === "{" || character === "[") {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (character === "}" || character === "]" || character === ",") {
      if (depth === 1 && name !== undefined) {
        yield { name, text: text.slice(start, at).trim(), end: at };
        start = at + 1;
        name = undefined;
      }
      if (character !== ",") depth -= 1;
    }
  }
}

/** The same JSON without white space between its tokens. */
export function compact(text) {
  return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
}

/**
 * @param {string} text A resource: valid JSON, an object.
 * @param {{ type: string, id: string, versionId: string, lastUpdated: string }} version
 */
export function stamped(text, { type, id, versionId, lastUpdated }) {
  const replaced = new Map();
  const kept = [];
  for (const member of members(text)) {
    if (["resourceType", "id", "meta"].includes(member.name)) replaced.set(member.name, member.text);
    else kept.push(member.text);
    if (replaced.size === 3) {
      const rest = text.slice(member.end + 1, text.lastIndexOf("}")).trim();
      if (rest) kept.push(rest);
      break;
    }
  }
  const meta = [`"versionId":"${versionId}"`, `"lastUpdated":"${lastUpdated}"`];
  const oldMeta = replaced.get("meta");
  for (const { name, text } of oldMeta ? members(oldMeta.slice(oldMeta.indexOf("{"))) : []) {
    if (name !== "versionId" && name !== "lastUpdated") meta.push(text);
  }
  const head = [`"resourceType":"${type}"`, `"id":"${id}"`, `"meta":{${meta.join(",")}}`];
  return `{${[...head, ...kept].join(",")}}`;
}
