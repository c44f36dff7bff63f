// The tables of definitions in src/search/definitions: each line is what scripts/definitions.mjs says
// of the format, the tables hold what HL7 publishes, and what a line names is there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { corrected } from "../../scripts/definitions/corrections.mjs";
import { alternatives, expressionFor } from "../../scripts/definitions/expression.mjs";
import { VERSIONS, installed, resources } from "../../scripts/definitions/package.mjs";
import { tableOf } from "../../scripts/definitions/table.mjs";
import { ROOT } from "../../scripts/run.mjs";

/**
 * In HL7's packages: the concrete resource types, and the parameters with an expression, one for each
 * base. Of R5's 1976, four are left out: two by scripts/definitions/corrections.mjs, and CareTeam.date
 * and EvidenceVariable.topic, for whose types the expressions have no alternative.
 */
const PUBLISHED = {
  r4: { types: 146, parameters: 1712 },
  r4b: { types: 141, parameters: 1746 },
  r5: { types: 158, parameters: 1972 },
};

const NAME = "[A-Z][A-Za-z]*";
const ELEMENT = "[a-z][A-Za-z0-9]*(?:\\[x\\])?";
const CODE = "[A-Za-z_][A-Za-z0-9_-]*";
const EXPRESSION = "[^\\s;](?:[^\\t;]*[^\\s;])?";

const LINES = {
  V: /^V\t\d+\.\d+\.\d+$/,
  T: new RegExp(`^T\t${NAME}$`),
  C: new RegExp(`^C\t${NAME}\t(?:\\{def\\}|${CODE})(?:,${CODE})*$`),
  S: new RegExp(`^S\t(?:${ELEMENT}|[,()])+$`),
  M: new RegExp(`^M\t${ELEMENT}(?:,${ELEMENT})*$`),
  r: new RegExp(`^r\t${CODE}\t(?:${EXPRESSION})?\t(?:\\*|${NAME}(?:,${NAME})*)$`),
  c: new RegExp(`^c\t${CODE}\t(?:${EXPRESSION})?\t${CODE}:${EXPRESSION}(?:;${CODE}:${EXPRESSION})+$`),
  t: new RegExp(`^t\t${CODE}(?:\t(?:${EXPRESSION})?(?:\t(?:http|urn):[^\\s]+)?)?$`),
  // What the kinds d, s, n, q, u and x are.
  other: new RegExp(`^[dsnqux]\t${CODE}(?:\t${EXPRESSION})?$`),
};

const ORDER = "TCSM";

const tables = Object.fromEntries(VERSIONS.map(({ table }) => [table, read(table)]));

function text(table) {
  return readFileSync(join(ROOT, "src", "search", "definitions", `${table}.tsv`), "utf8");
}

/** A table as it is written: its version, and each type's lines by what they are. */
function read(table) {
  const types = new Map();
  let type;
  for (const line of text(table).split("\n")) {
    const [first, second, third = "", fourth = ""] = line.split("\t");
    if (first === "T") {
      type = { compartments: new Map(), parameters: new Map(), summary: "", needed: "" };
      types.set(second, type);
    } else if (first === "C") type.compartments.set(second, third.split(","));
    else if (first === "S") type.summary = second;
    else if (first === "M") type.needed = second;
    else if (/^[trdsnqucx]$/.test(first)) {
      type.parameters.set(second, { kind: first, expression: third === "" ? second : third, more: fourth });
    }
  }
  return types;
}

/** Every parameter of a table: its type's name, its code, and what it is. */
function* parameters(types) {
  for (const [type, lines] of types) for (const [code, parameter] of lines.parameters) yield [type, code, parameter];
}

for (const { table, version, package: name } of VERSIONS) {
  const types = tables[table];
  const concrete = [...types.keys()].filter((type) => type !== "Resource");
  const folder = installed({ version, package: name });

  test(`${table}: every line is in the format, and in its place`, () => {
    const lines = text(table).split("\n");
    assert.equal(lines.pop(), "", "the last line ends");
    assert.equal(lines[0], `V\t${version}`);
    assert.equal(lines[1], "T\tResource");
    let before = -1;
    for (const line of lines) {
      assert.match(line, LINES[line[0]] ?? LINES.other);
      assert.doesNotMatch(line, / {2}/);
      // A parameter has no place of its own among these: it comes after them.
      const place = ORDER.includes(line[0]) ? ORDER.indexOf(line[0]) : ORDER.length;
      assert.ok(line[0] === "V" || place === 0 || place >= before, `not here: ${line}`);
      before = line[0] === "V" ? ORDER.length : place;
    }
  });

  test(`${table}: types and parameters are in order, none twice`, () => {
    assert.deepEqual(concrete, [...new Set(concrete)].sort());
    assert.equal(text(table).match(/^T\t/gm).length, types.size);
    for (const [type, { parameters: own }] of types) assert.deepEqual([...own.keys()], [...own.keys()].sort(), type);
    assert.equal(text(table).match(/^[a-z]\t/gm).length, [...parameters(types)].length);
  });

  test(`${table}: as many types and parameters as HL7 publishes`, () => {
    assert.deepEqual({ types: concrete.length, parameters: [...parameters(types)].length }, PUBLISHED[table]);
  });

  test(`${table}: every target of a reference, and every type that an expression asks for, is a type`, () => {
    for (const [type, code, { kind, expression, more }] of parameters(types)) {
      const targets = kind === "r" && more !== "*" ? more.split(",") : [];
      const asked = [...expression.matchAll(/resolve\(\) is (\w+)/g)].map(([, asked]) => asked);
      for (const target of [...targets, ...asked]) assert.ok(concrete.includes(target), `${type}.${code}: ${target}`);
      if (targets.length > 0) for (const one of asked) assert.ok(targets.includes(one), `${type}.${code} may be a ${one}`);
    }
  });

  test(`${table}: every component is of a parameter of the type that is no composite itself`, () => {
    for (const [type, code, { kind, more }] of parameters(types)) {
      for (const component of kind === "c" ? more.split(";") : []) {
        const of = types.get(type).parameters.get(component.slice(0, component.indexOf(":")));
        assert.ok(of !== undefined && of.kind !== "c", `${type}.${code}: ${component}`);
      }
    }
  });

  test(`${table}: the five compartments, each with its own type, by references that may be to it`, () => {
    const names = ["Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"];
    const named = new Set([...types.values()].flatMap(({ compartments }) => [...compartments.keys()]));
    assert.deepEqual([...named].sort(), names);
    for (const name of names) assert.equal(types.get(name).compartments.get(name)[0], "{def}");
    for (const [type, { compartments, parameters: own }] of types) {
      for (const [name, codes] of compartments) {
        for (const code of codes.filter((code) => code !== "{def}" || name !== type)) {
          const { kind, more } = own.get(code) ?? {};
          assert.ok(kind === "r" && (more === "*" || more.split(",").includes(name)), `${type}.${code} in ${name}`);
        }
      }
    }
  });

  test(`${table}: expressions and summaries close what they open`, () => {
    for (const [type, { summary, parameters: own }] of types) {
      for (const written of [summary, ...[...own.values()].flatMap(({ expression, more }) => [expression, more])]) {
        let depth = 0;
        for (const character of written.replace(/'[^']*'/g, "")) {
          depth += { "(": 1, ")": -1 }[character] ?? 0;
          assert.ok(depth >= 0, `${type}: ${written}`);
        }
        assert.equal(depth, 0, `${type}: ${written}`);
      }
      assert.doesNotMatch(summary, /^,|,,|,$|\(,|,\)|\)[^,)]/, type);
    }
  });

  const missing = folder === undefined ? `${name} is not installed: node scripts/definitions.mjs does` : false;
  test(`${table}: is what HL7's package gives`, { skip: missing }, () => {
    const { lines } = tableOf(version, (type) => resources(folder, type));
    assert.equal(`${lines.join("\n")}\n`, text(table));
  });

  test(`${table}: holds each parameter with an expression of the package`, { skip: missing }, () => {
    const published = resources(folder, "SearchParameter").filter(
      ({ url, id, expression }) => url.startsWith("http://hl7.org/fhir/SearchParameter/") && !id.startsWith("example") && expression,
    );
    const absent = published.flatMap(({ base, code }) =>
      base.filter((type) => !types.get(type).parameters.has(code)).map((type) => `${type}.${code}`),
    );
    const explained = ["CareTeam.date", "Device.code-value-concept", "EvidenceVariable.topic", "Resource._in"];
    assert.deepEqual(absent.sort(), table === "r5" ? explained : []);
  });
}

test("what everybody asks for is there, in each version", () => {
  for (const types of Object.values(tables)) {
    const { parameters: patient, needed } = types.get("Patient");
    assert.deepEqual(patient.get("gender"), { kind: "t", expression: "gender", more: "http://hl7.org/fhir/administrative-gender" });
    assert.deepEqual(patient.get("phone"), { kind: "t", expression: "telecom.where(system='phone')", more: "" });
    assert.deepEqual(patient.get("birthdate"), { kind: "d", expression: "birthDate", more: "" });
    assert.match(needed, /\bactive\b/);
    const { parameters: observation, summary } = types.get("Observation");
    assert.equal(observation.get("patient").expression, "subject.where(resolve() is Patient)");
    assert.match(observation.get("code-value-quantity").more, /^code:code;value-quantity:value\.(as|ofType)\(Quantity\)$/);
    assert.match(summary, /(^|,)value\[x\](,|$)/);
    assert.doesNotMatch(summary, /\bnote\b/);
    assert.deepEqual(types.get("Resource").parameters.get("_lastUpdated"), { kind: "d", expression: "meta.lastUpdated", more: "" });
    assert.equal(types.get("Location").parameters.get("near").kind, "x");
  }
});

test("an element in a summary has those of its children that are in it", () => {
  assert.match(tables.r4.get("Patient").summary, /,link\(other,type\)$/);
  // Bundle.entry.link is defined as Bundle.link; Parameters.parameter.part as Parameters.parameter.
  assert.match(tables.r4.get("Bundle").summary, /,entry\(link\(relation,url\),fullUrl,/);
  assert.equal(tables.r4.get("Parameters").summary, "parameter(name,value[x],resource,part())");
});

test("an expression keeps the alternatives of one type only, without its name", () => {
  const expression = "Patient.name | (Person.name) | (Patient.deceased as dateTime) | alias";
  assert.equal(expressionFor(expression, "Patient"), "name | (deceased as dateTime) | alias");
  assert.equal(expressionFor(expression, "Person"), "name | alias");
  assert.equal(expressionFor("Observation | Observation.component", "Observation"), "$this | component");
  assert.equal(expressionFor("Account.subject.where(resolve() is Patient)", "Patient"), "");
});

test("a union is divided at its top level only", () => {
  assert.deepEqual(alternatives("(a | b).first() |  c"), ["(a | b).first()", "c"]);
});

test("a correction of what is not published fails", () => {
  assert.throws(() => corrected("5.0.0", []), /FHIR 5\.0\.0 has no Resource-in, /);
});
