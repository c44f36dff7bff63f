// The rule check of `npm run check` sees a use that goes up or sideways, however it is written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { usesUpward } from "../../scripts/floors.mjs";

test("a floor may use the floors below it", () => {
  assert.deepEqual(usesUpward("replica/mod.rs", "use crate::fhir::bundle;\nuse crate::{Result, search::{query, plan}};"), []);
});

test("a floor may use itself, and names of no floor", () => {
  assert.deepEqual(usesUpward("search/plan.rs", "use crate::search::path; type A = crate::Result<()>;"), []);
});

test("a use of a floor above is found, in a path too", () => {
  assert.deepEqual(usesUpward("fhir/head.rs", "fn f() { crate::replica::open() }"), ["src/fhir/head.rs uses replica/"]);
});

test("a use of the module beside is found, in braces too", () => {
  const source = "use crate::{\n    error::Code,\n    client::{self, pages},\n};";
  assert.deepEqual(usesUpward("replica/load.rs", source), ["src/replica/load.rs uses client/"]);
});

test("a comment is no use", () => {
  assert.deepEqual(usesUpward("fhir/head.rs", "//! See [`crate::replica`]."), []);
});

test("a module that is on no floor is found", () => {
  assert.deepEqual(usesUpward("utils.rs", ""), ['src/utils.rs: "utils" is on no floor of scripts/floors.mjs']);
});
