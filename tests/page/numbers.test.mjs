// Numbers as the explorer shows them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, count, counted, duration, measured, percent, rate } from "../../www/numbers.js";

test("thousands are separated", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(counted(1, "page"), "1 page");
  assert.equal(counted(2000, "match", "matches"), "2,000 matches");
});

test("bytes have the unit that fits, also where rounding reaches the next", () => {
  assert.equal(bytes(0), "0 bytes");
  assert.equal(bytes(999), "999 bytes");
  assert.equal(bytes(999_600), "1 MB");
  assert.equal(bytes(84_000_000), "84 MB");
  assert.equal(bytes(1_234_567_890), "1.23 GB");
});

test("a measured value keeps its digits", () => {
  assert.equal(measured(5.4231), "5.4231");
  assert.equal(measured(0.000123), "0.000123");
  assert.equal(measured(150000), "150,000");
});

test("durations go from milliseconds to minutes", () => {
  assert.equal(duration(0.4217), "0.422 ms");
  assert.equal(duration(12.34), "12.3 ms");
  assert.equal(duration(1534), "1.53 s");
  assert.equal(duration(125_000), "2 min 5 s");
});

test("a share is a percentage, a rate is by the second", () => {
  assert.equal(percent(0.1234), "12.3 %");
  assert.equal(rate(50, 500), 100);
  assert.equal(rate(50, 0), 0);
});
