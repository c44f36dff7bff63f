// SearchParameter resources of an application or a server, as the lines that the engine's table has.

import { badInput } from "./errors.js";

const LETTERS = { token: "t", reference: "r", date: "d", string: "s", number: "n", quantity: "q", uri: "u", composite: "c" };
/** The address of one of FHIR's own: the type or the group that it is of, and its code. */
const OF_FHIR = /^http:\/\/hl7\.org\/fhir\/SearchParameter\/(\w+)-([\w-]+)$/;

/**
 * @param {object[]} resources
 * @returns {string} a line for each type of each parameter
 */
export function linesOf(resources) {
  return resources.flatMap((resource) => lines(resource, resources)).join("\n");
}

function lines(resource, resources) {
  const { resourceType, code, base, type, expression, target, component } = resource ?? {};
  const name = typeof code === "string" && /^[\w-]+$/.test(code) ? code : undefined;
  if (resourceType !== "SearchParameter" || !name || !Array.isArray(base) || !base.length) {
    throw badInput("openReplica: searchParameters are SearchParameter resources with code, base, type and expression.");
  }
  if (!LETTERS[type]) {
    const kinds = Object.keys(LETTERS).join(", ");
    throw badInput(`openReplica: the search parameter "${name}" has a type that is none of: ${kinds}.`);
  }
  if (typeof expression !== "string") throw badInput(`openReplica: the search parameter "${name}" has no expression.`);
  let more = "";
  if (type === "reference") more = target?.join(",") ?? "*";
  if (type === "composite") more = components(name, component, resources);
  return base.map((kind) => {
    const parts = alternatives(expression.replace(/\s+/g, " ")).filter((part) => part && isOf(part, kind));
    if (!parts.length) throw badInput(`openReplica: the search parameter "${name}" has no expression for ${kind}.`);
    return [kind, LETTERS[type], name, parts.join(" | "), more].join("\t");
  });
}

/** The components of a composite: the code of each, and where it stands in what the composite finds. */
function components(name, component, resources) {
  if (!Array.isArray(component) || component.length < 2) {
    throw badInput(`openReplica: the composite search parameter "${name}" has fewer than two components.`);
  }
  return component
    .map(({ definition, expression }) => {
      const [, group, code] = OF_FHIR.exec(definition) ?? [];
      const ofFhir = code && (/^(Domain)?Resource$/.test(group) ? `_${code}` : code);
      const known = resources.find(({ url }) => url && url === definition)?.code ?? ofFhir;
      if (!known || typeof expression !== "string") {
        throw badInput(`openReplica: a component of the search parameter "${name}" has no expression, or is none of FHIR's or of these.`);
      }
      return `${known}:${alternatives(expression.replace(/\s+/g, " ")).join(" | ")}`;
    })
    .join(";");
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
