// Lets life go on at the demo server: new measurements, amended ones, people who move, entries
// made in error. Which changes come is decided by the seed and by how many came before.

import { randomOf } from "./population/random.mjs";

const DAY = 24 * 60 * 60 * 1000;
/** Ids of the invented population, to leave HL7's examples as they are. */
const INVENTED = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export class Changes {
  #log;
  #seed;
  #rounds = 0;
  /** The length of the log before the first change. */
  #start;
  /** Its length before the round of changes that is under way. */
  #roundStart;

  /** @param {import("./log.mjs").Log} log */
  constructor(log, seed) {
    this.#log = log;
    this.#seed = seed;
    this.#start = log.length;
  }

  /**
   * @param {{ updates?: number, creates?: number, deletes?: number }} [wishes]
   * @returns what was done, as references
   */
  make({ updates = 4, creates = 6, deletes = 2 } = {}) {
    this.#rounds += 1;
    this.#roundStart = this.#log.length;
    const random = randomOf(this.#seed, `changes ${this.#rounds}`);
    const created = this.#times(creates, () => this.#measureAgain(random));
    const updated = this.#times(updates, (turn) => (turn === 0 ? this.#move(random) : this.#amend(random)));
    const deleted = this.#times(deletes, (turn) => this.#enteredInError(random, turn));
    return { created, updated, deleted, lastUpdated: new Date(this.#log.now()).toISOString() };
  }

  /** Brings every resource back to what it was before the first change, by new versions. */
  undo() {
    const log = this.#log;
    const changed = new Map();
    for (let sequence = this.#start; sequence < log.length; sequence += 1) {
      const { type, id } = log.at(sequence);
      changed.set(`${type}/${id}`, { type, id });
    }
    const did = { created: [], updated: [], deleted: [] };
    for (const [reference, { type, id }] of changed) {
      const before = log.versions(type, id).findLast((version) => version.sequence < this.#start);
      const now = log.current(type, id);
      if (before?.json === undefined) {
        if (log.delete(type, id)) did.deleted.push(reference);
      } else if (content(before) !== content(now)) {
        (log.put(type, id, before.json).first ? did.created : did.updated).push(reference);
      }
    }
    return { ...did, lastUpdated: new Date(log.now()).toISOString() };
  }

  #times(count, change) {
    const references = [];
    for (let turn = 0; turn < count; turn += 1) {
      const version = change(turn);
      if (version) references.push(`${version.type}/${version.id}`);
    }
    return references;
  }

  /** Somebody's value is measured again, days after the last time that the record knows of. */
  #measureAgain(random) {
    const observation = this.#pick("Observation", random, (one) => one.valueQuantity);
    if (!observation) return undefined;
    const time = Date.parse(observation.effectiveDateTime) + Math.ceil(random.between(20, 200)) * DAY;
    observation.id = random.uuid();
    observation.effectiveDateTime = observation.issued = new Date(time).toISOString();
    observation.valueQuantity.value = nearby(observation.valueQuantity.value, random);
    return this.#put(observation, "POST");
  }

  /** A value turns out to have been wrong. */
  #amend(random) {
    const observation = this.#pick("Observation", random, (one) => one.valueQuantity);
    if (!observation) return undefined;
    observation.status = "amended";
    observation.valueQuantity.value = nearby(observation.valueQuantity.value, random);
    return this.#put(observation, "PUT");
  }

  /** Somebody moves house, within the same town. */
  #move(random) {
    const patient = this.#pick("Patient", random, (one) => one.address?.[0]);
    if (!patient) return undefined;
    patient.address[0].line = [`${Math.ceil(random.between(1, 999))} Station Road`];
    return this.#put(patient, "PUT");
  }

  /** An entry that was made in error goes: allergies first, since a missed one would hurt most. */
  #enteredInError(random, turn) {
    const types = turn % 2 === 0 ? ["AllergyIntolerance", "Observation"] : ["Observation"];
    for (const type of types) {
      const resource = this.#pick(type, random, () => true);
      if (resource) return this.#log.delete(type, resource.id);
    }
    return undefined;
  }

  /** A living resource of the invented population that fits, and that this round left alone so far. */
  #pick(type, random, fits) {
    const ids = this.#log.ids(type);
    const first = Math.floor(random.between(0, ids.length));
    for (let step = 0; step < ids.length; step += 1) {
      const id = ids[(first + step) % ids.length];
      const { sequence, json } = this.#log.current(type, id);
      if (json === undefined || sequence >= this.#roundStart || !INVENTED.test(id)) continue;
      const resource = JSON.parse(json);
      if (fits(resource)) return resource;
    }
    return undefined;
  }

  #put(resource, method) {
    return this.#log.put(resource.resourceType, resource.id, JSON.stringify(resource), { method });
  }
}

/** A resource but for what the server set. */
function content({ json }) {
  return json?.replace(/"versionId":"\d+","lastUpdated":"[^"]*",?/, "");
}

/** A value a few percent away, with as many decimals. */
function nearby(value, random) {
  const decimals = String(value).split(".")[1]?.length ?? 0;
  return Number((value * random.between(0.94, 1.06)).toFixed(decimals));
}
