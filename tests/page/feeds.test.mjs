// What is to be pulled, as typed, and what was pulled, as told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { coverage, feedsOf, inWords, wholeType } from "../../www/feeds.js";

test("lines become searches and histories", () => {
  assert.deepEqual(feedsOf("Observation?patient=1&code=http://loinc.org|4548-4\n\n /Condition \nPatient/_history\nPatient/1/_history\n*"), [
    { search: "Observation?patient=1&code=http://loinc.org|4548-4" },
    { search: "Condition" },
    { history: "Patient" },
    { history: "Patient/1" },
    { history: "*" },
  ]);
});

test("a line that is no search is refused by its number, without repeating it", () => {
  for (const line of ["observation?code=1", "https://r4.example.org/Patient", "Patient name=x", "?name=x"]) {
    assert.throws(() => feedsOf(`Patient\n${line}`), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /^Line 2 is no search/);
      return !error.message.includes("name=x");
    });
  }
});

test("a whole type is pulled by history or by search", () => {
  assert.deepEqual(wholeType("Patient", "history"), { history: "Patient" });
  assert.deepEqual(wholeType("Patient", "search"), { search: "Patient" });
  assert.equal(inWords("Patient/_history"), "Patient");
  assert.equal(inWords("Patient?name=x"), "Patient?name=x");
});

test("a type is covered by its own history, by everything's, and by the search of all of it", () => {
  const cursor = "2026-01-01T10:00:00Z";
  for (const feed of ["AllergyIntolerance/_history", "_history", "AllergyIntolerance"]) {
    assert.deepEqual(coverage([{ feed, complete: true, cursor }], "AllergyIntolerance"), { extent: "all", cursor }, feed);
  }
});

test("a type that was pulled in part is never called complete", () => {
  const extent = (feed, complete) => coverage([{ feed, complete }], "AllergyIntolerance").extent;
  assert.equal(extent("AllergyIntolerance?patient=1", true), "part");
  assert.equal(extent("AllergyIntolerance/1/_history", true), "part");
  assert.equal(extent("AllergyIntolerance/_history", false), "part");
  assert.equal(extent("Patient/_history", true), "none");
  assert.equal(extent("AllergyIntoleranceX/_history", true), "none");
});

test("of several complete feeds the one followed furthest counts", () => {
  const feeds = [
    { feed: "Patient/_history", complete: true, cursor: "2026-01-01T10:00:00Z" },
    { feed: "Patient", complete: true, cursor: "2026-01-02T10:00:00Z" },
  ];
  assert.equal(coverage(feeds, "Patient").cursor, "2026-01-02T10:00:00Z");
});
