// SearchParameter resources as lines for the engine: the types they are for, the parts of their expression
// that are for each, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../../pkg-template/search-parameters.js";
import { BUILT } from "./built.mjs";
import { SERVER, server } from "./engines.mjs";

const HL7 = "http://hl7.org/fhir/SearchParameter/";

const parameter = (given) => ({
  resourceType: "SearchParameter",
  code: "eye",
  base: ["Patient"],
  type: "token",
  expression: "Patient.extension('http://eye.test').value",
  ...given,
});

test("a line for each type, with the alternatives that are for it", () => {
  const union = "Patient.name.given | (Person.name | Person.alias).given | Resource.extension.where(url='a|b').value";
  assert.deepEqual(linesOf([parameter({ base: ["Patient", "Person"], type: "string", expression: union })]).split("\n"), [
    "Patient\ts\teye\tPatient.name.given | Resource.extension.where(url='a|b').value\t",
    "Person\ts\teye\t(Person.name | Person.alias).given | Resource.extension.where(url='a|b').value\t",
  ]);
  const deep = "(Patient.link.where(extension('a|(b').exists()).other.where((x | y).exists()))";
  assert.equal(linesOf([parameter({ expression: `${deep} | Person.link` })]), `Patient\tt\teye\t${deep}\t`);
  const reference = parameter({ type: "reference", expression: "Patient.link.other", target: ["Patient", "RelatedPerson"] });
  assert.equal(linesOf([reference]), "Patient\tr\teye\tPatient.link.other\tPatient,RelatedPerson");
  assert.equal(linesOf([{ ...reference, target: undefined }]), "Patient\tr\teye\tPatient.link.other\t*");
  assert.equal(linesOf([]), "");
});

test("the components of a composite are FHIR's own or given beside it", () => {
  const own = parameter({ url: "http://eye.test/part", base: ["Observation"], expression: "Observation.component.extension.value" });
  const composite = parameter({
    code: "both",
    base: ["Observation"],
    type: "composite",
    expression: "Observation.component",
    component: [
      { definition: "http://eye.test/part", expression: "extension.value" },
      { definition: `${HL7}clinical-code`, expression: "code" },
      { definition: `${HL7}Resource-lastUpdated`, expression: "a |\n b" },
    ],
  });
  const [, line] = linesOf([own, composite]).split("\n");
  assert.equal(line, "Observation\tc\tboth\tObservation.component\teye:extension.value;code:code;_lastUpdated:a | b");
});

for (const [what, given, sentence] of [
  ["another resource", { resourceType: "Patient" }, /are SearchParameter resources/],
  ["no code", { code: undefined }, /are SearchParameter resources/],
  ["a code that breaks the line", { code: "a\tb" }, /are SearchParameter resources/],
  ["no base", { base: [] }, /are SearchParameter resources/],
  ["a special one", { type: "special" }, /"eye" has a type that is none of: token/],
  ["a composite of nothing", { type: "composite" }, /"eye" has fewer than two components/],
  ["a component that nobody knows", { type: "composite", component: [{ definition: "http://else.test/a", expression: "a" }, {}] }, /component of the search parameter "eye"/],
  ["a component without an expression", { type: "composite", component: [{ definition: `${HL7}Patient-name` }, {}] }, /component of the search parameter "eye"/],
  ["no expression", { expression: undefined }, /"eye" has no expression/],
  ["an expression for other types", { expression: "Person.name" }, /no expression for Patient/],
]) {
  test(`refused: ${what}`, () => {
    assert.throws(() => linesOf([parameter(given)]), (error) => {
      assert.equal(error.code, "bad-input");
      assert.match(error.message, sentence);
      return true;
    });
  });
}

const eyed = (id, code) => ({
  resourceType: "Patient",
  id,
  extension: [{ url: "http://eye.test", valueCode: code }],
});

for (const [name, { openReplica }] of Object.entries(BUILT)) {
  const answer = { resourceType: "Bundle", type: "searchset", entry: [eyed("a", "blue"), eyed("b", "brown")].map((resource) => ({ resource })) };
  const opened = (searchParameters) => openReplica({ name: "own", server: SERVER, fetch: server(() => answer), searchParameters });

  test(`${name}: a parameter of one's own is searched by`, async () => {
    const replica = await opened([parameter()]);
    await replica.pull(["Patient"]);
    const { entry } = await replica.search("Patient?eye=brown");
    assert.deepEqual(entry.map(({ resource }) => resource.id), ["b"]);
    await replica.close();
    const without = await opened();
    await assert.rejects(without.search("Patient?eye=brown"), { code: "unsupported" });
    await without.close();
  });

  test(`${name}: a composite of one's own matches within one element`, async () => {
    const name = (id, ...names) => ({ resourceType: "Patient", id, name: names.map(([use, family]) => ({ use, family })) });
    const held = [name("a", ["official", "Müller"], ["maiden", "Weber"]), name("b", ["official", "Weber"], ["maiden", "Müller"])];
    const bundle = { resourceType: "Bundle", type: "searchset", entry: held.map((resource) => ({ resource })) };
    const use = parameter({ url: "http://eye.test/use", code: "use", expression: "Patient.name.use" });
    const composite = parameter({
      code: "use-family",
      type: "composite",
      expression: "Patient.name",
      component: [
        { definition: "http://eye.test/use", expression: "use" },
        { definition: `${HL7}individual-family`, expression: "family" },
      ],
    });
    const replica = await openReplica({ name: "own", server: SERVER, fetch: server(() => bundle), searchParameters: [use, composite] });
    await replica.pull(["Patient"]);
    const found = async (query) => ((await replica.search(query)).entry ?? []).map(({ resource }) => resource.id);
    assert.deepEqual(await found("Patient?use-family=maiden$weber"), ["a"]);
    assert.deepEqual(await found("Patient?use-family=maiden$weber,maiden$müller"), ["a", "b"]);
    assert.deepEqual(await found("Patient?use-family=old$weber"), []);
    await assert.rejects(found("Patient?use-family=maiden"), { code: "bad-input" });
    await replica.close();
  });

  test(`${name}: an expression that can't be followed is refused with its place`, async () => {
    const wrong = parameter({ expression: "Patient.name.memberOf('x')" });
    await assert.rejects(opened([wrong]), (error) => {
      assert.equal(error.code, "unsupported");
      assert.match(error.message, /memberOf/);
      return true;
    });
    const component = [{ definition: `${HL7}individual-family`, expression: "family" }, { definition: `${HL7}individual-given`, expression: "given.memberOf('x')" }];
    await assert.rejects(opened([parameter({ type: "composite", expression: "Patient.name", component })]), { code: "unsupported" });
    await assert.rejects(opened([parameter({ base: ["Patiend"], expression: "name" })]), { code: "bad-input" });
  });
}
