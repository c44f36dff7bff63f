// SearchParameter resources of an application or a server, as the lines that the engine's table has.

import { badInput } from "./errors.js";

const LETTERS = { token: "t", reference: "r", date: "d", string: "s", number: "n", quantity: "q", uri: "u" };

/**
 * @param {object[]} resources
 * @returns {string} a line for each type of each parameter
 */
export function linesOf(resources) {
  return resources.flatMap(lines).join("\n");
}

function lines(resource) {
  const { resourceType, code, base, type, expression, target } = resource ?? {};
  const name = typeof code === "string" && /^[\w-]+$/.test(code) ? code : undefined;
  if (resourceType !== "SearchParameter" || !name || !Array.isArray(base) || !base.length) {
    throw badInput("openReplica: searchParameters are SearchParameter resources with code, base, type and expression.");
  }
  if (!LETTERS[type]) {
    const kinds = Object.keys(LETTERS).join(", ");
    throw badInput(`openReplica: the search parameter "${name}" has a type that is none of: ${kinds}.`);
  }
  if (typeof expression !== "string") throw badInput(`openReplica: the search parameter "${name}" has no expression.`);
  const targets = type === "reference" ? (target?.join(",") ?? "*") : "";
  return base.map((kind) => {
    const parts = alternatives(expression.replace(/\s+/g, " ")).filter((part) => part && isOf(part, kind));
    if (!parts.length) throw badInput(`openReplica: the search parameter "${name}" has no expression for ${kind}.`);
    return [kind, LETTERS[type], name, parts.join(" | "), targets].join("\t");
  });
}

/**
 * The parts of a union: what stands between the bars that are outside of brackets and quotes.
 *
 * @param {string} expression
 */
export function alternatives(expression) {
  const parts = [""];
  let depth = 0;
  for (const [token] of expression.matchAll(/'[^']*'|[^]/g)) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (token === "|" && depth === 0) parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts.map((part) => part.trim());
}

/** Whether a part begins with no type, with this one, or with one that all have. */
function isOf(part, kind) {
  const begins = /^\(*\s*([A-Z]\w*)\b/.exec(part)?.[1];
  return !begins || [kind, "Resource", "DomainResource"].includes(begins);
}
