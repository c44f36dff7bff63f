// The arithmetic of the explorer's drawings: axes, rows, series, events.

import assert from "node:assert/strict";
import { test } from "node:test";
import { byYear, eventsOf } from "../../www/events.js";
import { linear, rowsOf, ticks, timeTicks } from "../../www/scale.js";
import { seriesOf } from "../../www/series.js";

const LABORATORY = [{ coding: [{ code: "laboratory" }] }];

function observation(date, value, more = {}) {
  return {
    resourceType: "Observation",
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "4548-4" }], text: "HbA1c" },
    effectiveDateTime: date,
    valueQuantity: { value, unit: "%" },
    ...more,
  };
}

test("a scale goes from end to end, and to the middle where there is no extent", () => {
  const scale = linear([10, 20], [0, 100]);
  assert.deepEqual([scale(10), scale(15), scale(20)], [0, 50, 100]);
  assert.equal(linear([5, 5], [0, 100])(5), 50);
});

test("marks are round, evenly apart, and enclose what is plotted", () => {
  assert.deepEqual(ticks(4.1, 6.9), [4, 5, 6, 7]);
  assert.deepEqual(ticks(0.61, 1.28), [0.6, 0.8, 1, 1.2, 1.4]);
  for (const [low, high] of [[0, 0], [7, 7], [-3, 0.2], [1e-9, 3e-9], [0, 1e12], [-5, -5]]) {
    const marks = ticks(low, high);
    assert.ok(marks[0] <= low && marks.at(-1) >= high, `${low} to ${high}: ${marks}`);
    assert.ok(marks.length >= 2 && marks.length <= 12, `${low} to ${high}: ${marks}`);
    assert.equal(new Set(marks).size, marks.length);
  }
});

test("a time axis is marked at beginnings of years or months, within its ends, as many as fit", () => {
  const years = timeTicks(Date.UTC(1990, 5), Date.UTC(2020, 5), 6);
  assert.deepEqual(years.map(({ label }) => label), ["1990", "1995", "2000", "2005", "2010", "2015", "2020"].slice(1));
  const months = timeTicks(Date.UTC(2019, 10, 15), Date.UTC(2020, 4, 2), 6);
  assert.deepEqual(months.map(({ at }) => at), [0, 1, 2, 3, 4, 5].map((month) => Date.UTC(2019, 11 + month, 1)));
  for (const span of [1, 30, 400, 4000, 40_000]) {
    const marks = timeTicks(0, span * 86_400_000, 6);
    assert.ok(marks.length <= 8 && marks.every(({ at }) => at >= 0 && at <= span * 86_400_000), `${span} days`);
  }
});

test("spans in one row do not cover each other, as long as there are rows", () => {
  const spans = [[0, 10], [1, 3], [4, 5], [6, 12], [11, 13], [12, 14]].map(([from, to]) => ({ from, to }));
  assert.deepEqual(rowsOf(spans, 5), [0, 1, 1, 1, 0, 1]);
  assert.deepEqual(rowsOf([{ from: 0, to: 9 }, { from: 1, to: 9 }, { from: 2, to: 9 }], 2), [0, 1, 1]);
});

test("values of one code and unit are one series in the order of time; another unit is another", () => {
  const all = seriesOf([
    observation("2020-01-01", 6),
    observation("2019-01-01", 5),
    observation("2021", 42, { valueQuantity: { value: 42, unit: "mmol/mol" } }),
  ]);
  assert.deepEqual(all.map(({ label, unit, size }) => [label, unit, size]), [["HbA1c", "%", 2], ["HbA1c", "mmol/mol", 1]]);
  assert.deepEqual(all[0].lines[0].points.map(({ value }) => value), [5, 6]);
});

test("a panel is one series with a line for each component, the higher first", () => {
  const part = (text, value) => ({ code: { coding: [{ code: text }], text }, valueQuantity: { value, unit: "mm[Hg]" } });
  const pressure = { code: { text: "Blood pressure" }, valueQuantity: undefined, component: [part("Diastolic", 80), part("Systolic", 120)] };
  const [series] = seriesOf([observation("2020", 0, pressure), observation("2021", 0, pressure)]);
  assert.equal(series.label, "Blood pressure");
  assert.deepEqual(series.lines.map(({ label, points }) => [label, points.length]), [["Systolic", 2], ["Diastolic", 2]]);
});

test("what was entered in error, has no date or no number is not plotted", () => {
  const none = [
    observation("2020", 6, { status: "entered-in-error" }),
    observation(undefined, 6),
    observation("2020", "6"),
    observation("2020", 6, { valueQuantity: null }),
    observation("2020", 6, { valueQuantity: undefined, component: "x", category: 5, code: null }),
  ];
  assert.deepEqual(seriesOf(none), []);
});

test("laboratory values come first", () => {
  const weights = [2018, 2019, 2020].map((year) => observation(String(year), 70, { code: { text: "Weight" } }));
  const [first] = seriesOf([...weights, observation("2020", 6, { category: LABORATORY })]);
  assert.equal(first.label, "HbA1c");
});

test("a reference range is drawn only if all the values of a line share it", () => {
  const range = (low, high) => ({ referenceRange: [{ low: { value: low }, high: { value: high } }] });
  const rangeOf = (...given) => seriesOf(given.map((more, index) => observation(`20${10 + index}`, 5, more)))[0].lines[0].range;
  assert.deepEqual(rangeOf(range(4, 5.7), range(4, 5.7)), { low: 4, high: 5.7 });
  assert.equal(rangeOf(range(4, 5.7), range(4, 6)), undefined);
  assert.equal(rangeOf(range(4, 5.7), {}), undefined);
});

test("events are newest first, by year; errors and what has no date are left out", () => {
  const events = eventsOf([
    { resourceType: "Procedure", status: "completed", code: { text: "Old" }, performedPeriod: { start: "2001-05-05" } },
    { resourceType: "Condition", code: { text: "Asthma" }, onsetDateTime: "2010", clinicalStatus: { coding: [{ code: "active" }] } },
    { resourceType: "Condition", code: { text: "Flu" }, onsetDateTime: "2010-02", abatementDateTime: "2010-03" },
    { resourceType: "Condition", code: { text: "Wrong" }, onsetDateTime: "2011", verificationStatus: { coding: [{ code: "entered-in-error" }] } },
    { resourceType: "Encounter", status: "entered-in-error", period: { start: "2012" } },
    { resourceType: "Immunization", vaccineCode: { text: "When?" } },
  ]);
  assert.deepEqual(events.map(({ words }) => words), ["Flu", "Asthma", "Old"]);
  assert.deepEqual(events.map(({ until }) => until), [Date.UTC(2010, 2, 1), Infinity, undefined]);
  assert.deepEqual(byYear(events).map(({ year, events: of }) => [year, of.length]), [[2010, 2], [2001, 1]]);
});
