// The elements of a FHIR version's StructureDefinitions, and where a search parameter's path ends
// among them.

import { alternatives } from "./expression.mjs";

/** @typedef {{ structure: string, path: string, element: object, types: string[], parent?: Place }} Place */

export class Elements {
  /** @param {object[]} structures All StructureDefinitions that are no profiles. */
  constructor(structures) {
    /** @type {Map<string, Map<string, object>>} By type, then by path. */
    this.structures = new Map(
      structures.map(({ type, snapshot }) => [type, new Map(snapshot.element.map((element) => [element.path, element]))]),
    );
  }

  /** @returns {Place} */
  root(type) {
    return { structure: type, path: type, element: this.structures.get(type).get(type), types: [type] };
  }

  /** The elements directly below a path of a structure. */
  children(structure, path) {
    return [...this.structures.get(structure).values()].filter(
      (element) => element.path.startsWith(`${path}.`) && !element.path.slice(path.length + 1).includes("."),
    );
  }

  /**
   * The elements where an expression ends, one place or more for each alternative; none for an
   * alternative that ends in a value of no element (a boolean).
   *
   * @param {string} expression As `expressionFor` returns it.
   * @param {Place} from
   * @returns {Place[]}
   */
  ends(expression, from) {
    return alternatives(expression).flatMap((part) => this.#follow(part, from));
  }

  #follow(expression, from) {
    if (/ and /.test(expression)) return [];
    const union = /^\((.* \| .*)\)\.first\(\)$/.exec(expression);
    if (union !== null) return this.ends(union[1], from);
    const path = expression.replace(/^\(?([^()]+) as (\w+)\)?/, "$1.ofType($2)");
    return steps(path).reduce((places, step) => places.flatMap((place) => this.#step(place, step)), [from]);
  }

  #step(place, step) {
    const call = /^(\w+)\((.*)\)$/.exec(step);
    if (call === null) return this.#child(place, step.replace(/\[\d+\]$/, ""));
    const [, name, argument] = call;
    if (name === "where") return [place];
    if (name === "ofType" || name === "as") return this.#only(place, argument);
    if (name === "extension") return this.#child(place, "extension");
    throw new Error(`${place.path}: unknown function ${name}`);
  }

  #only(place, type) {
    const types = place.types.filter((one) => one === type || one === "Resource");
    if (types.length === 0) throw new Error(`${place.path} has no type ${type}`);
    return [{ ...place, types: [type] }];
  }

  /** An element's child: of its own structure, or else of its types'. */
  #child(parent, name) {
    const { structure, path, types } = parent;
    const own = this.#at(structure, `${path}.${name}`);
    const places = own === undefined ? types.map((type) => this.#at(type, `${type}.${name}`)) : [own];
    const found = places.filter((place) => place !== undefined);
    if (found.length === 0) throw new Error(`${path} has no element ${name}`);
    return found.map((place) => ({ ...place, parent }));
  }

  #at(structure, path) {
    const elements = this.structures.get(structure);
    const element = elements?.get(path) ?? elements?.get(`${path}[x]`);
    if (element === undefined) return undefined;
    const { contentReference } = element;
    if (contentReference === undefined) return { structure, path, element, types: typesOf(element) };
    const there = contentReference.replace(/^.*#/, "");
    return { structure, path: there, element: elements.get(there), types: typesOf(elements.get(there)) };
  }
}

/** The names of an element's types. */
function typesOf(element) {
  return (element.type ?? []).map(({ code }) => code);
}

/** A path's steps, split at the dots outside of parentheses and quotes. */
function steps(path) {
  return path.match(/(?:[^.()']|'[^']*'|\((?:[^()']|'[^']*'|\([^()]*\))*\))+/g);
}
