// Dates as the explorer reads and shows them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { age, ago, moment, readable, yearOf } from "../../www/dates.js";

test("a date is shown no more precisely than it was given", () => {
  assert.equal(readable("2012"), "2012");
  assert.equal(readable("2012-03"), "Mar 2012");
  assert.equal(readable("2012-03-14"), "14 Mar 2012");
});

test("a date without a time is the same day everywhere", () => {
  assert.equal(moment("2012-03-14"), Date.UTC(2012, 2, 14));
  assert.equal(moment("2012"), Date.UTC(2012, 0, 1));
  assert.equal(moment("2012-03-14T10:30:00+02:00"), Date.UTC(2012, 2, 14, 8, 30));
});

test("S5: what is no date is shown as it came, and has no moment", () => {
  for (const text of ["soon", "2012-13-45", "20120314", "", "2012-03-14T25:99:00Z"]) {
    assert.equal(moment(text), undefined, text);
    assert.equal(readable(text), text);
    assert.equal(yearOf(text), undefined, text);
  }
  for (const value of [undefined, null, 5, {}]) assert.equal(readable(value), "");
});

test("an age counts full years", () => {
  const at = Date.UTC(2020, 5, 15);
  assert.equal(age("1950-06-15", at), 70);
  assert.equal(age("1950-06-16", at), 69);
  assert.equal(age("1950-07", at), 69);
});

test("an age is not told where the birth date is a year, unknown, or in the future", () => {
  for (const birthDate of ["1950", "", undefined, "2150-01-01"]) assert.equal(age(birthDate, Date.UTC(2020, 0)), undefined);
});

test("how long ago something was is told roughly", () => {
  const now = Date.UTC(2020, 0, 10);
  assert.equal(ago(now - 20_000, now), "just now");
  assert.equal(ago(now - 5 * 60_000, now), "5 min ago");
  assert.equal(ago(now - 30 * 3_600_000, now), "30 h ago");
  assert.equal(ago(now - 3 * 86_400_000, now), "3 days ago");
});
