// A value over time: lines with points, axes with units, the usual range behind them. Points take
// the focus (arrow keys go from one to the next), and a table says the same.

import { onDay, readable } from "./dates.js";
import { el, svg } from "./dom.js";
import { fitted } from "./fitted.js";
import { measured } from "./numbers.js";
import { linear, ticks, timeTicks } from "./scale.js";

const HEIGHT = 260;
const MARGIN = { top: 26, right: 16, bottom: 30, left: 54 };
const HALF_YEAR = 183 * 86_400_000;

/** @param {import("./series.js").Series} series */
export function plot(series) {
  const readout = el("p", { class: "readout", "aria-hidden": "true" }, latest(series));
  const figure = el(
    "figure",
    { class: "plot", data: { testid: "plot-figure" } },
    el("figcaption", {}, legend(series)),
    fitted(HEIGHT, (width) => drawing(series, width, (words) => (readout.textContent = words))),
    readout,
    table(series),
  );
  return figure;
}

function drawing(series, width, say) {
  const points = series.lines.flatMap((line) => line.points);
  const ranges = series.lines.map(({ range }) => range).filter(Boolean);
  const bounds = [...points.map(({ value }) => value), ...ranges.flatMap(({ low, high }) => [low, high])];
  const known = bounds.filter((bound) => bound !== undefined);
  const marks = ticks(Math.min(...known), Math.max(...known), 5);
  const times = points.map(({ at }) => at);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const span = first === last ? [first - HALF_YEAR, last + HALF_YEAR] : [first, last];
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const x = linear(span, [MARGIN.left + 8, right - 8]);
  const y = linear([marks[0], marks.at(-1)], [bottom, MARGIN.top]);

  return svg(
    "svg",
    {
      width,
      height: HEIGHT,
      role: "group",
      "aria-label": `${series.label} over time. Arrow keys go from point to point.`,
      data: { testid: "plot" },
      on: { keydown: moveAlong },
    },
    ...ranges.map((range) => band(range, y, marks, right)),
    ...marks.map((mark) => valueMark(mark, y(mark), right)),
    ...timeTicks(...span, Math.max(2, Math.floor(width / 90))).map(({ at, label }) => timeMark(x(at), label, bottom)),
    svg("text", { x: 4, y: 12, class: "axis-title" }, series.unit || "no unit"),
    ...series.lines.map((line, index) => lineOf(line, index, { x, y, say, many: series.lines.length > 1 })),
  );
}

function band({ low, high }, y, marks, right) {
  const top = y(high ?? marks.at(-1));
  return svg("rect", {
    class: "band",
    x: MARGIN.left,
    y: top,
    width: right - MARGIN.left,
    height: Math.max(1, y(low ?? marks[0]) - top),
  });
}

function valueMark(mark, at, right) {
  return svg(
    "g",
    { "aria-hidden": "true" },
    svg("line", { x1: MARGIN.left, x2: right, y1: at, y2: at, class: "grid" }),
    svg("text", { x: MARGIN.left - 8, y: at, class: "axis-value" }, measured(mark)),
  );
}

function timeMark(at, label, bottom) {
  return svg(
    "g",
    { "aria-hidden": "true" },
    svg("line", { x1: at, x2: at, y1: bottom, y2: bottom + 5, class: "tick" }),
    svg("text", { x: at, y: bottom + 20, class: "axis-time" }, label),
  );
}

function lineOf({ label, points }, index, { x, y, say, many }) {
  const path = points.map(({ at, value }, step) => `${step === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const marks = points.map((point, step) => {
    const words = `${readable(point.date)}: ${many ? `${label} ` : ""}${point.words}${remark(point)}`;
    const show = () => say(words);
    return svg(
      "g",
      {
        class: "point",
        // One point of a line is in the tab order; the arrow keys reach the others.
        tabindex: step === points.length - 1 ? 0 : -1,
        role: "img",
        "aria-label": words,
        transform: `translate(${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)})`,
        on: { focus: show, pointerenter: show },
      },
      svg("circle", { class: "reach", r: 11 }),
      marker(index),
    );
  });
  return svg("g", { class: `line line-${index % 4}` }, svg("path", { d: path, class: "stroke" }), ...marks);
}

/** Lines differ by shape as well as by colour. */
function marker(index) {
  if (index % 4 === 0) return svg("circle", { class: "mark", r: 4 });
  const side = { class: "mark", x: -3.6, y: -3.6, width: 7.2, height: 7.2 };
  return svg("rect", index % 2 === 1 ? side : { ...side, transform: "rotate(45)" });
}

function moveAlong(event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  const point = event.target.closest(".point");
  if (!point || !(event.key in steps)) return;
  event.preventDefault();
  const all = [...point.parentNode.querySelectorAll(".point")];
  const to = Math.min(all.length - 1, Math.max(0, all.indexOf(point) + steps[event.key]));
  point.setAttribute("tabindex", -1);
  all[to].setAttribute("tabindex", 0);
  all[to].focus();
}

function legend({ label, unit, lines }) {
  const range = lines.find((line) => line.range)?.range;
  const usual = range && lines.length === 1 && el("span", { class: "quiet" }, `Shaded: ${between(range)} ${unit}, as reported`);
  if (lines.length === 1) return el("p", { class: "legend" }, el("b", {}, label), usual);
  const keys = lines.map((line, index) =>
    el(
      "span",
      { class: "key" },
      svg("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", class: `line line-${index % 4}`, "aria-hidden": "true" }, marker(index)),
      line.label,
    ),
  );
  return el("p", { class: "legend" }, el("b", {}, label), ...keys);
}

function between({ low, high }) {
  if (low === undefined) return `up to ${measured(high)}`;
  return high === undefined ? `from ${measured(low)}` : `${measured(low)} to ${measured(high)}`;
}

function latest({ lines }) {
  const newest = lines.map(({ points }) => points.at(-1));
  return `Latest, ${onDay(Math.max(...newest.map(({ at }) => at)))}: ${newest.map(({ words }) => words).join(" / ")}`;
}

function table({ label, lines }) {
  const rows = lines
    .flatMap((line) => line.points.map((point) => ({ ...point, line: line.label })))
    .sort((a, b) => b.at - a.at)
    .map((point) =>
      el(
        "tr",
        {},
        el("td", {}, readable(point.date)),
        lines.length > 1 && el("td", {}, point.line),
        el("td", {}, point.words + remark(point)),
      ),
    );
  const heads = ["Date", ...(lines.length > 1 ? ["What"] : []), "Value"];
  return el(
    "details",
    { data: { part: "values" } },
    el("summary", {}, "As a table"),
    el(
      "table",
      { data: { testid: "plot-table" } },
      el("caption", { class: "spoken" }, label),
      el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, ...rows),
    ),
  );
}

/** A result that is not final says so. */
function remark({ status }) {
  return status === "final" || status === "" ? "" : ` (${status})`;
}
