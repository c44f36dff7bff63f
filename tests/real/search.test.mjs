// Searches answered by the replica with no network, held against the same searches answered by the
// server that it was pulled from. Where they differ the specification decides, and the difference stands
// in search/different.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Replica } from "../support/subjects.mjs";
import { World } from "../support/world.mjs";
import { DIFFERENT, DIFFERENT_ORDER, DIFFERENT_PARTS } from "./search/different.mjs";
import { REFUSED } from "./search/refused.mjs";
import { RESOURCES } from "./search/resources.mjs";
import { NOTHING, PAGED, SAME, SHAPED, SORTED } from "./search/same.mjs";

/** Queries that both answer; it takes so many to say that the replica answers as a server does. */
const COMPARED = [
  ...[...Object.values(SAME).flat(), ...NOTHING, ...PAGED, ...SHAPED],
  ...[...SORTED, ...DIFFERENT, ...DIFFERENT_ORDER, ...DIFFERENT_PARTS].map(({ query }) => query),
];
const AT_LEAST = 200;

describe("Helios HFS and a replica of it, searched", () => {
  /** @type {World} */
  let world;
  let patient;
  const replicas = [];

  before(async () => {
    world = await World.start({ patients: 3, examples: true });
    await world.server.putAll(RESOURCES);
    patient = await busiestPatient(world.server);
    for (const subject of world.subjects) {
      const replica = await Replica.open(subject, { name: "searched", server: world.server.base });
      await replica.pull(world.server.types.map((type) => ({ history: type })));
      replicas.push({ subject, replica });
    }
  });
  after(() => world?.stop());

  const filled = (query) => query.replaceAll("PATIENT", patient).replace("BASE", world.server.base);
  const asked = (query) => world.server.searchPages(filled(query));
  /** All on one page, unless the query has a `_count` of its own. */
  const whole = (query) => asked(query.includes("_count=") ? query : `${query}${query.includes("?") ? "&" : "?"}_count=1000`);

  /** What each replica answers, as `answers` reads its Bundle, is `wanted`. */
  async function assertAnswers(query, answers, wanted) {
    for (const { subject, replica } of replicas) {
      assert.deepEqual(answers([await replica.search(filled(query))]), wanted, subject.platform);
    }
  }

  test(`at least ${AT_LEAST} different queries are compared`, () => {
    assert.equal(new Set(COMPARED).size, COMPARED.length, "each once");
    assert.ok(COMPARED.length >= AT_LEAST, `${COMPARED.length}`);
  });

  for (const [feature, queries] of Object.entries(SAME)) {
    describe(`the same resources: ${feature}`, () => {
      for (const query of queries) {
        test(query, async () => {
          const theirs = sorted(references(await whole(query)));
          assert.notDeepEqual(theirs, [], "the server finds something");
          await assertAnswers(query, (bundles) => sorted(references(bundles)), theirs);
        });
      }
    });
  }

  describe("nothing", () => {
    for (const query of NOTHING) {
      test(query, async () => {
        assert.deepEqual(references(await whole(query)), [], "the server finds nothing");
        await assertAnswers(query, references, []);
      });
    }
  });

  describe("the same order", () => {
    for (const { query, by } of SORTED) {
      test(query, async () => {
        const row = ([page]) => page.entry.map(({ resource }) => by(resource));
        await assertAnswers(query, row, row(await whole(query)));
      });
    }
  });

  describe("the same matches, page by page, each once", () => {
    for (const query of PAGED) {
      test(query, async () => {
        const most = Number(/_count=(\d+)/.exec(query)[1]);
        const all = (pages) => (query.includes("_sort=") ? references(pages) : sorted(references(pages)));
        const theirs = all(await asked(query));
        assert.ok(theirs.length > most, "more than a page");
        for (const { subject, replica } of replicas) {
          const pages = await pagesOf(replica, filled(query));
          assert.ok(pages.every(({ entry }) => entry.length <= most), subject.platform);
          assert.deepEqual(all(pages), theirs, subject.platform);
        }
      });
    }
  });

  describe("the same parts and totals", () => {
    for (const query of SHAPED) {
      test(query, async () => {
        const [theirs] = await asked(query);
        const told = (bundle) => ({
          resources: byReference(bundle),
          total: theirs.total === undefined ? undefined : bundle.total,
        });
        await assertAnswers(query, ([bundle]) => told(bundle), told(theirs));
      });
    }
  });

  describe("not the same, as the specification has it", () => {
    const asIs = (answer) => answer;
    const members = ([{ entry }]) => Object.keys(entry[0].resource).sort().join(" ");
    for (const [table, answers, inOrder] of [
      [DIFFERENT, references, sorted],
      [DIFFERENT_ORDER, references, asIs],
      [DIFFERENT_PARTS, members, asIs],
    ]) {
      for (const { query, server, because, wanted, matches } of table) {
        test(`${query}: the server ${server}; ${because}`, async () => {
          const right = inOrder(matches ? await matching(query, matches) : wanted);
          const theirs = inOrder(answers(await whole(query)));
          assert.notDeepEqual(theirs, right, "the server agrees by now: compare with it");
          await assertAnswers(query, (bundles) => inOrder(answers(bundles)), right);
        });
      }
    }
  });

  describe("refused by the server", () => {
    for (const { query, wanted } of REFUSED) {
      test(query, async () => {
        const { status } = await world.server.read(filled(query));
        assert.equal(status, 501, "the server answers by now: compare with it");
        await assertAnswers(query, (bundles) => sorted(references(bundles)), sorted(wanted));
      });
    }
  });

  test("what cannot be answered here is refused by name, not answered wrong", async () => {
    for (const { replica } of replicas) {
      await assert.rejects(replica.search("Observation?performer-of-miracles=1"), ({ code, sentence, ours }) => {
        assert.equal(code, "unsupported");
        assert.match(sentence, /performer-of-miracles/);
        return ours;
      });
    }
  });

  test("the browser had nothing to complain about", () => {
    assert.deepEqual(world.complaints, []);
  });

  /** References to the resources of the query's type that fulfil a condition, read one by one. */
  async function matching(query, matches) {
    const [type] = query.split("?");
    const found = [];
    for (const reference of world.server.references().filter((one) => one.startsWith(`${type}/`))) {
      if (matches(JSON.parse(await world.server.current(reference)))) found.push(reference);
    }
    return found;
  }
});

function sorted(list) {
  return [...list].sort();
}

/** In the answer's order; what is included begins with `+`. */
function references(bundles) {
  return bundles.flatMap(({ entry = [] }) =>
    entry.map(({ resource, search }) => `${search.mode === "include" ? "+" : ""}${resource.resourceType}/${resource.id}`),
  );
}

function byReference(bundle) {
  const entries = (bundle.entry ?? []).map(({ resource }) => [`${resource.resourceType}/${resource.id}`, resource]);
  return Object.fromEntries(entries);
}

/** Every page of a replica's answer, by the links. */
async function pagesOf(replica, query) {
  const pages = [];
  for (let next = query; next; ) {
    const page = await replica.search(next);
    pages.push(page);
    const link = page.link.find(({ relation }) => relation === "next");
    next = link?.url.slice(link.url.indexOf(query.split("?")[0]));
  }
  return pages;
}

async function busiestPatient(server) {
  const counts = new Map();
  for (const reference of server.references().filter((one) => one.startsWith("Observation/"))) {
    const id = /^Patient\/([0-9a-f-]{36})$/.exec(JSON.parse(await server.current(reference)).subject?.reference)?.[1];
    if (id) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0][0];
}
