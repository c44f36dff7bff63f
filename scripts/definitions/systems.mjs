// The code system that an element of datatype `code` implies: its required binding's only one.

export class Systems {
  /**
   * @param {object[]} valueSets
   * @param {Record<string, string>} [known] The only system of value sets that are not among them.
   */
  constructor(valueSets, known = {}) {
    this.valueSets = new Map(valueSets.map((valueSet) => [valueSet.url, valueSet]));
    this.known = known;
  }

  /**
   * @param {import("./elements.mjs").Place[]} places Where a token parameter's expression ends.
   * @returns {string} Empty where no system is implied, or not the same one at all places.
   */
  impliedBy(places) {
    // A Coding or an Identifier says its own system; only a plain value needs one.
    const plain = places.filter(({ types }) => types.some((type) => /^[a-z]/.test(type)));
    const systems = new Set(plain.map((place) => this.#ofPlace(place)));
    return systems.size === 1 ? [...systems][0] : "";
  }

  #ofPlace({ element, types }) {
    if (types.some((type) => type !== "code") || element.binding?.strength !== "required") return "";
    const systems = this.#ofValueSet(element.binding.valueSet ?? "");
    return systems.size === 1 ? [...systems][0] : "";
  }

  /** All code systems that a value set includes, directly or through others. */
  #ofValueSet(canonical) {
    const [url] = canonical.split("|");
    if (url in this.known) return new Set([this.known[url]]);
    const includes = this.valueSets.get(url)?.compose?.include ?? [];
    return new Set(
      includes.flatMap(({ system, valueSet = [] }) =>
        system === undefined ? valueSet.flatMap((inner) => [...this.#ofValueSet(inner)]) : [system],
      ),
    );
  }
}
