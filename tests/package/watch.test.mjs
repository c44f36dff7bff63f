// Watches over both engines: now, after settled commits that change the answer, in every tab, until ended.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { typeAlone } from "../../pkg-template/watch.js";
import { ENGINES, SERVER, aWhile, bundleOf, patient, server, until } from "./engines.mjs";

// Commits are told to other tabs only where the store is shared, so this platform claims one.
before(() => {
  globalThis.indexedDB = {};
});
after(() => {
  delete globalThis.indexedDB;
});

const observation = (id) => ({ resourceType: "Observation", id });

for (const [engineName, engine] of Object.entries(ENGINES)) {
  const opened = async (answer) => {
    const made = engine();
    const name = `watch ${engineName} ${Math.random()}`;
    const tab = () => made.openReplica({ name, server: SERVER, fetch: server(answer) });
    return { tab, replica: await tab(), log: made.log };
  };
  const totals = () => {
    const seen = [];
    return { seen, callback: (bundle) => seen.push(bundle.total) };
  };

  test(`${engineName}: answers now, and after a commit that changes the answer`, async () => {
    const answers = [bundleOf(patient("1")), bundleOf(), bundleOf(patient("2"))];
    const { replica } = await opened(() => answers.shift());
    const { seen, callback } = totals();
    const stop = replica.watch("Patient?", callback);
    await until(() => seen.length === 1, "the first answer");
    await replica.pull(["Patient"]);
    await until(() => seen.length === 2, "the answer after the pull");
    await replica.pull(["Patient"]);
    await aWhile();
    await replica.pull(["Patient"]);
    await until(() => seen.at(-1) === 2, "the answer after the change");
    stop();
    assert.equal(seen[0], 0);
    assert.equal(seen.filter((total) => total === 1).length, 1);
    await replica.close();
  });

  test(`L7 ${engineName}: silent until a feed's first pull that may bring it is complete`, async () => {
    const { replica } = await opened((path) =>
      path.startsWith("Patient") ? bundleOf(...Array.from({ length: 20 }, (_, i) => patient(String(i)))) : bundleOf(observation("1")),
    );
    const pulling = replica.pull(["Patient"]);
    await until((() => {
      let generation = 0;
      return () => {
        replica.status().then((status) => (generation = status.generation));
        return generation > 2;
      };
    })(), "the first commits");
    const { seen, callback } = totals();
    const others = totals();
    replica.watch("Patient?", callback);
    replica.watch("Observation?", others.callback);
    await pulling;
    await until(() => seen.length === 1, "the answer");
    assert.deepEqual(seen, [20]);
    assert.equal(others.seen[0], 0);
    await replica.close();
  });

  test(`${engineName}: commits of another type ask nothing, a chained query asks always`, async () => {
    const { replica, log } = await opened(() => bundleOf(patient("1")));
    replica.watch("Observation?", () => {});
    replica.watch("Encounter?subject:Patient.name=x", () => {});
    const searches = (query) => log.filter(([call, asked]) => call === "search" && asked === query).length;
    await until(() => searches("Observation?") && searches("Encounter?subject:Patient.name=x"), "the first answers");
    await aWhile();
    await replica.pull(["Patient"]);
    await until(() => searches("Encounter?subject:Patient.name=x") > 1, "the chained query again");
    await aWhile();
    assert.equal(searches("Observation?"), 1);
    await replica.close();
  });

  test(`${engineName}: an error goes to onError, and the watch goes on`, async () => {
    const { replica } = await opened(() => bundleOf({ resourceType: "Bad", id: "1" }));
    const errors = [];
    replica.watch("Bad?", () => assert.fail("an answer"), (error) => errors.push(error.code));
    await until(() => errors.length === 1, "the error");
    await replica.pull(["Bad"]);
    await until(() => errors.length === 2, "the next try");
    assert.equal(new Set(errors).size, 1);
    assert.equal(errors[0], "unsupported");
    await replica.close();
  });

  test(`${engineName}: ended is ended, also while it asks`, async () => {
    const { replica, log } = await opened(() => bundleOf({ resourceType: "Slow", id: "1" }));
    const stop = replica.watch("Slow?", () => assert.fail("called back after its end"), assert.fail);
    await until(() => log.some(([call]) => call === "search"), "the question");
    stop();
    await new Promise((resolve) => setTimeout(resolve, 250));
    await replica.pull(["Slow"]);
    await aWhile();
    assert.equal(log.filter(([call]) => call === "search").length, 1);
    await replica.close();
  });

  test(`${engineName}: one question at a time, and the last change is told`, async () => {
    let id = 0;
    const { replica, log } = await opened(() => bundleOf({ resourceType: "Slow", id: String((id += 1)) }));
    await replica.pull(["Slow"]);
    const { seen, callback } = totals();
    replica.watch("Slow?", callback);
    for (let pulls = 0; pulls < 6; pulls++) await replica.pull(["Slow"]);
    await until(() => seen.at(-1) === 7, "the last change");
    assert.ok(log.filter(([call]) => call === "search").length <= 3);
    await replica.close();
  });

  test(`${engineName}: hears of another tab's commits and of its wipe`, async () => {
    const { replica, tab, log } = await opened(() => bundleOf(patient("1")));
    const other = await tab();
    const { seen, callback } = totals();
    other.watch("Patient?", callback);
    await until(() => seen.length === 1, "the first answer");
    await replica.pull(["Patient"]);
    await until(() => seen.at(-1) === 1, "the other tab's answer");
    assert.ok(log.some(([call]) => call === "refresh"));
    await replica.wipe();
    await aWhile();
    await assert.rejects(other.search("Patient?"), { code: "bad-input" });
  });
}

test("what other types have no say in", () => {
  for (const [text, type] of [
    ["Observation", "Observation"],
    ["Observation?patient=123&code=http://loinc.org|4548-4", "Observation"],
    ["Observation/_history", "Observation"],
    ["Patient/123/_history", "Patient"],
    ["Observation?subject:Patient.name=x", undefined],
    ["Patient?_has:Observation:patient:code=x", undefined],
    ["Patient?_revinclude=Observation:patient", undefined],
    ["Observation?_include:iterate=Observation:patient", undefined],
    ["Patient/1/$everything", undefined],
    ["Patient/1/Observation", undefined],
    ["_history", undefined],
    ["?_type=Patient", undefined],
  ]) {
    assert.equal(typeAlone(text), type, text);
  }
});
