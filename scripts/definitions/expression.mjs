// The FHIRPath of search parameters: its alternatives, and what of it is for one resource type.

import { alternatives as parts } from "../../pkg-template/search-parameters.js";

/**
 * The alternatives of a union, at its top level only, without parentheses around the whole of one.
 *
 * @param {string} expression
 * @returns {string[]}
 */
export const alternatives = (expression) => parts(expression).map(bare);

/**
 * What an expression says of one type: the alternatives of other types dropped, the rest in the
 * order HL7 gives them, each without the type's name before its path. An alternative that begins
 * with an element's name and no type's is for every type. Empty where nothing is left.
 *
 * @param {string} expression
 * @param {string} type
 */
export function expressionFor(expression, type) {
  const name = new RegExp(`(?<![\\w.'/])${type}\\.`, "g");
  const ours = alternatives(expression.replace(/\s+/g, " ").trim())
    .filter((part) => {
      const [first] = /[A-Za-z]\w*/.exec(part);
      return first === type || /^[a-z]/.test(first);
    })
    .map((part) => (part === type ? "$this" : part.replace(name, "")));
  return [...new Set(ours)].join(" | ");
}

/** Without the white space and the parentheses around all of it, as `(a as Quantity)`'s are kept. */
function bare(part) {
  const text = part.trim();
  const inner = text.slice(1, -1);
  return text.startsWith("(") && closes(text) && !/ (as|is|and) |\|/.test(inner) ? bare(inner) : text;
}

/** Whether the parenthesis that a text begins with is closed by its last character. */
function closes(text) {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth === 0) return at === text.length - 1;
  }
  return false;
}
