// The lines of a version's table: types, compartments, summaries, mandatory elements, parameters.

import { SYSTEMS, corrected } from "./corrections.mjs";
import { Elements } from "./elements.mjs";
import { alternatives, expressionFor } from "./expression.mjs";
import { Systems } from "./systems.mjs";

const PARAMETERS = "http://hl7.org/fhir/SearchParameter/";

/** What all types have in common is said of the first, and what most have is DomainResource's. */
const EVERY = "Resource";
const DOMAIN = "DomainResource";

const KINDS = {
  token: "t",
  reference: "r",
  date: "d",
  string: "s",
  number: "n",
  quantity: "q",
  uri: "u",
  composite: "c",
  special: "x",
};

/**
 * @param {string} version
 * @param {(type: string) => object[]} resources All resources of a type that the version's package has.
 * @returns {{ lines: string[], notes: string[] }} The table, and what is worth knowing about it.
 */
export function tableOf(version, resources) {
  const structures = resources("StructureDefinition").filter(({ derivation }) => derivation !== "constraint");
  const definitions = {
    notes: [],
    elements: new Elements(structures),
    systems: new Systems(resources("ValueSet"), SYSTEMS[version]),
    parameters: corrected(version, resources("SearchParameter").filter(isParameter)),
    compartments: resources("CompartmentDefinition").filter(({ id }) => id !== "example"),
    types: structures.filter(({ kind, abstract }) => kind === "resource" && !abstract).map(({ type }) => type).sort(),
  };
  const lines = [EVERY, ...definitions.types].flatMap((type) => typeLines(type, definitions));
  return { lines: [`V\t${version}`, ...lines], notes: definitions.notes };
}

/** Parameters without an expression (_text, _has, ...) are known by their names. */
function isParameter({ url, id, expression }) {
  return url.startsWith(PARAMETERS) && !/^example\b/.test(id) && expression !== undefined;
}

function typeLines(type, definitions) {
  const abstract = type === EVERY;
  return [
    ["T", type],
    ...(abstract ? [] : compartmentLines(type, definitions)),
    ...elementLines(abstract ? DOMAIN : type, definitions),
    ...parameterLines(type, definitions),
  ].map((fields) => fields.join("\t").trimEnd());
}

function compartmentLines(type, { compartments }) {
  return compartments.flatMap(({ code, resource }) => {
    const codes = resource.find((member) => member.code === type)?.param ?? [];
    // Not all versions say of every compartment that the resource it is named after is in it.
    const all = new Set(code === type ? ["{def}", ...codes] : codes);
    return all.size === 0 ? [] : [["C", code, [...all].join(",")]];
  });
}

function elementLines(type, { elements }) {
  const inherited = type === DOMAIN ? [] : elements.children(DOMAIN, DOMAIN).map(({ path }) => lastName(path));
  const own = elements.children(type, type).filter(({ path }) => !inherited.includes(lastName(path)));
  const needed = own.filter(({ min, isModifier }) => min > 0 || isModifier);
  return [
    ["S", summary(type, own, elements)],
    ["M", needed.map(({ path }) => lastName(path)).join(",")],
  ].filter(([, names]) => names !== "");
}

/** Those of some siblings that are in a summary, each with those of its children that are. */
function summary(type, siblings, elements) {
  return siblings
    .filter(({ isSummary }) => isSummary)
    .map(({ path, contentReference }) => {
      const name = lastName(path);
      const content = contentReference?.replace(/^.*#/, "") ?? path;
      // What refers to an element around it would never end.
      if (path.startsWith(`${content}.`)) return `${name}()`;
      const children = elements.children(type, content).filter((child) => lastName(child.path) !== "modifierExtension");
      const inner = summary(type, children, elements);
      return inner === "" ? name : `${name}(${inner})`;
    })
    .join(",");
}

function lastName(path) {
  return path.slice(path.lastIndexOf(".") + 1);
}

function parameterLines(type, definitions) {
  return definitions.parameters
    .filter(({ base }) => base.includes(type))
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .flatMap((parameter) => {
      const { code } = parameter;
      const expression = expressionFor(parameter.expression, type);
      if (expression === "") {
        definitions.notes.push(`${type}.${code}: no expression for this type`);
        return [];
      }
      const written = expression === code ? "" : expression;
      return [[KINDS[parameter.type], code, written, more(parameter, type, expression, definitions)]];
    });
}

function more(parameter, type, expression, definitions) {
  if (parameter.type === "composite") return components(parameter, definitions);
  let ends = [];
  // An expression of what the type does not have stays as HL7 published it, and finds nothing.
  try {
    ends = definitions.elements.ends(expression, definitions.elements.root(type));
  } catch (error) {
    definitions.notes.push(`${type}.${parameter.code}: ${error.message} (${expression})`);
  }
  if (parameter.type === "reference") return targets(parameter, type, ends, definitions);
  return parameter.type === "token" ? definitions.systems.impliedBy(ends) : "";
}

function components({ component, components: corrected }, { parameters }) {
  if (corrected !== undefined) return corrected;
  return component
    .map(({ definition, expression }) => {
      const { code } = parameters.find(({ url }) => url === definition);
      return `${code}:${alternatives(expression).join(" | ")}`;
    })
    .join(";");
}

function targets({ target, code }, type, ends, { types, notes }) {
  const all = new Set(target ?? ends.flatMap((end) => profiledTypes(end, types)));
  // HL7's own lists of every type leave out Parameters: nothing can refer to one.
  const every = types.every((one) => all.has(one) || one === "Parameters");
  const list = every ? "*" : [...all].sort().join(",");
  if (target === undefined) notes.push(`${type}.${code}: HL7 gives no targets, its elements' are ${list}`);
  return list;
}

/** The types that a reference may point to, as its element says. */
function profiledTypes({ structure, element, parent }, types) {
  // What a CodeableReference points to is said where it is used.
  const { type } = structure === "CodeableReference" ? parent.element : element;
  const profiles = type.flatMap(({ targetProfile = [] }) => targetProfile);
  const names = profiles.map((profile) => profile.slice(profile.lastIndexOf("/") + 1));
  return names.length === 0 || names.includes("Resource") ? types : names;
}
