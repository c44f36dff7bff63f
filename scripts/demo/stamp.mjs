// Puts a server's own elements (id, meta.versionId, meta.lastUpdated) into the text of a resource.
// Everything else stays as it was written, since going through JSON.parse and JSON.stringify would
// lose what FHIR counts as data: 1.50 is not 1.5.

/** A string, or one of the characters that structure a JSON text. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The members of the object that a valid JSON text holds, one at a time.
 * @returns {Generator<{ name: string, text: string, end: number }>} each member's name, its text
 *   (`"name": value`), and where in the text it ends
 */
function* members(text) {
  let depth = 0;
  let start = 0;
  let name;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      depth += 1;
      if (depth === 1) start = index + 1;
    } else if (token === "}" || token === "]" || token === ",") {
      if (depth === 1 && name !== undefined) {
        yield { name, text: text.slice(start, index).trim(), end: index };
        start = index + 1;
        name = undefined;
      }
      if (token !== ",") depth -= 1;
    } else if (depth === 1 && name === undefined && token !== ":") {
      name = JSON.parse(token);
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
