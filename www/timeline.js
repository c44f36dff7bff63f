// A patient's events: an overview in lanes, and the list by year that says the same in words.

import { readable } from "./dates.js";
import { el, svg } from "./dom.js";
import { byYear, LANES } from "./events.js";
import { fitted } from "./fitted.js";
import { counted } from "./numbers.js";
import { linear, rowsOf, timeTicks } from "./scale.js";

const NAME = 20;
const ROW = 9;
const AXIS = 26;
const EDGE = 6;
const MOST_ROWS = 5;
const YEAR = 365.25 * 86_400_000;
/** What is taken up by an event however short, as a part of the whole time. */
const LEAST = 0.015;

/**
 * @param {ReturnType<typeof import("./events.js").eventsOf>} events newest first, at least one
 * @param {Set<number>} open the years that are shown unfolded
 */
export function timeline(events, open, now = Date.now()) {
  const span = spanOf(events, now);
  const lanes = lanesOf(events, span);
  const height = lanes.reduce((sum, lane) => sum + lane.height, 0) + AXIS;
  return el(
    "div",
    {},
    fitted(height, (width) => overview(lanes, { span, width, height, size: events.length })),
    ...byYear(events).map((year) => yearOf(year, open)),
  );
}

function spanOf(events, now) {
  const first = Math.min(...events.map(({ at }) => at));
  const last = Math.max(...events.map(({ at, until = at }) => (until === Infinity ? Math.max(at, now) : until)));
  return last - first < YEAR ? [last - YEAR, last] : [first, last];
}

/** The lanes that hold something, each with its events in rows and its place from the top. */
function lanesOf(events, [first, last]) {
  const least = (last - first) * LEAST;
  let top = 0;
  const lanes = [];
  for (const [type, name] of Object.entries(LANES)) {
    const own = events.filter((event) => event.type === type).reverse();
    if (own.length === 0) continue;
    const spans = own.map(({ at, until = at }) => ({ from: at, to: Math.max(at + least, Math.min(until, last)) }));
    // Only what lasts is kept apart; moments that fall together look denser.
    const rows = own.some(({ until }) => until !== undefined) ? rowsOf(spans, MOST_ROWS) : own.map(() => 0);
    const height = NAME + (Math.max(...rows) + 1) * ROW + 4;
    lanes.push({ type, name, top, height, events: own.map((event, index) => ({ ...event, row: rows[index] })) });
    top += height;
  }
  return lanes;
}

function overview(lanes, { span, width, height, size }) {
  const x = linear(span, [EDGE, width - EDGE]);
  const said = lanes.map(({ name, events }) => `${name}: ${events.length}`).join(", ");
  const marks = timeTicks(...span, Math.max(2, Math.floor(width / 80))).flatMap(({ at, label }) => [
    svg("line", { x1: x(at), x2: x(at), y1: 0, y2: height - AXIS + 4, class: "grid" }),
    svg("text", { x: Math.min(width - 16, Math.max(16, x(at))), y: height - 8, class: "axis-time" }, label),
  ]);
  return svg(
    "svg",
    {
      width,
      height,
      role: "img",
      "aria-label": `Overview of ${counted(size, "event")}; ${said}. The years below say the same in words.`,
      data: { testid: "timeline-overview" },
    },
    ...marks,
    ...lanes.map((lane) => drawn(lane, x, span[1])),
  );
}

function drawn({ type, name, top, events }, x, end) {
  const marks = events.map((event) => {
    const middle = top + NAME + event.row * ROW + ROW / 2;
    const from = x(event.at);
    const extent = event.until === undefined ? 0 : x(Math.min(end, event.until)) - from;
    const shape =
      extent > 4
        ? svg("rect", { x: from, y: middle - 3, width: extent, height: 6, rx: 3, class: "event" })
        : svg("circle", { cx: from, cy: middle, r: 3.5, class: "event" });
    shape.append(svg("title", {}, `${readable(event.date)}: ${event.words}`));
    return shape;
  });
  return svg("g", { class: "lane", data: { type } }, svg("text", { x: EDGE - 2, y: top + 13, class: "lane-name" }, name), ...marks);
}

function yearOf({ year, events }, open) {
  const items = el("ul", { class: "events" });
  const details = el(
    "details",
    { class: "year", data: { year } },
    el("summary", {}, el("b", {}, String(year)), ` ${counted(events.length, "event")}`),
    items,
  );
  // A long life has thousands of events: a year's are made when they are asked for.
  details.addEventListener("toggle", () => {
    if (details.open) open.add(year);
    else open.delete(year);
    if (details.open && items.children.length === 0) items.append(...events.map(eventItem));
  });
  details.open = open.has(year);
  return details;
}

function eventItem({ date, type, words }) {
  return el(
    "li",
    {},
    el("span", { class: "date" }, readable(date)),
    el("span", { class: "kind" }, LANES[type]),
    el("span", {}, words),
  );
}
