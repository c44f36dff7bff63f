// JSON as text: the parts of a Bundle and the numbers of a resource, character for character.
// JavaScript's own parser would turn 1.50 into 1.5, and a test would not see the difference.

/** The members of a JSON object, each with its value's text untouched. */
export function membersOf(text) {
  const members = new Map();
  for (const { key, value } of partsOf(text)) members.set(key, value);
  return members;
}

/** The texts of a JSON array's elements. */
export function elementsOf(text) {
  return [...partsOf(text)].map((part) => part.value);
}

/** The resources of a Bundle, as they stand in it. */
export function resourceTexts(bundle) {
  const entries = membersOf(bundle).get("entry");
  if (entries === undefined) return [];
  return elementsOf(entries).flatMap((entry) => membersOf(entry).get("resource") ?? []);
}

/** The number literals of a JSON text, in order. */
export function numbersOf(text) {
  const literals = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g);
  return literals ?? [];
}

/** The parts of an object or array: strings are skipped whole, brackets counted. */
function* partsOf(text) {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
  let depth = 0;
  let start = 0;
  let key;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [character] = match[0];
    if (character === "{" || character === "[") {
      depth += 1;
      if (depth === 1) start = token.lastIndex;
    } else if (depth === 1 && character === ":") {
      key = JSON.parse(text.slice(start, match.index));
      start = token.lastIndex;
    } else if ((depth === 1 && character === ",") || character === "}" || character === "]") {
      if (depth === 1) {
        const value = text.slice(start, match.index).trim();
        if (value !== "") yield { key, value };
        start = token.lastIndex;
      }
      if (character !== ",") depth -= 1;
    }
  }
}
