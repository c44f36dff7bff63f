// A patient's events: an overview in lanes, and the list by year that says the same in words.

import { readable } from "./dates.js";
import { el, svg } from "./dom.js";
import { byYear, LANES } from "./events.js";
import { fitted } from "./fitted.js";
import { counted } from "./numbers.js";
import { linear, timeTicks } from "./scale.js";

const LANE = 36;
const AXIS = 26;
const EDGE = 6;
const YEAR = 365.25 * 86_400_000;

/**
 * @param {ReturnType<typeof import("./events.js").eventsOf>} events newest first
 * @param {Set<number>} open the years that are shown unfolded
 */
export function timeline(events, open, now = Date.now()) {
  const lanes = Object.keys(LANES).filter((type) => events.some((event) => event.type === type));
  const height = lanes.length * LANE + AXIS;
  return el(
    "div",
    {},
    fitted(height, (width) => overview(events, { lanes, width, height, now })),
    ...byYear(events).map((year) => yearOf(year, open)),
  );
}

function overview(events, { lanes, width, height, now }) {
  const first = Math.min(...events.map(({ at }) => at));
  const last = Math.max(...events.map(({ at, until = at }) => (until === Infinity ? Math.max(at, now) : until)));
  const span = last - first < YEAR ? [last - YEAR, last] : [first, last];
  const x = linear(span, [EDGE, width - EDGE]);
  const said = lanes.map((type) => `${LANES[type]}: ${events.filter((event) => event.type === type).length}`).join(", ");
  return svg(
    "svg",
    {
      width,
      height,
      role: "img",
      "aria-label": `Overview of ${counted(events.length, "event")}; ${said}. The years below say the same in words.`,
      data: { testid: "timeline-overview" },
    },
    ...timeTicks(...span, Math.max(2, Math.floor(width / 80))).map(({ at, label }) => [
      svg("line", { x1: x(at), x2: x(at), y1: 0, y2: height - AXIS + 4, class: "grid" }),
      svg("text", { x: Math.min(width - 16, Math.max(16, x(at))), y: height - 8, class: "axis-time" }, label),
    ]).flat(),
    ...lanes.map((type, index) => lane(type, events, index * LANE, { x, end: span[1] })),
  );
}

function lane(type, events, top, { x, end }) {
  const middle = top + 24;
  const marks = events
    .filter((event) => event.type === type)
    .map((event) => {
      const from = x(event.at);
      const extent = event.until === undefined ? 0 : x(Math.min(end, event.until)) - from;
      const shape =
        extent > 4
          ? svg("rect", { x: from, y: middle - 3, width: extent, height: 6, rx: 3, class: "event" })
          : svg("circle", { cx: from, cy: middle, r: 3.5, class: "event" });
      shape.append(svg("title", {}, `${readable(event.date)}: ${event.words}`));
      return shape;
    });
  return svg("g", { class: "lane", data: { type } }, svg("text", { x: EDGE, y: top + 12, class: "lane-name" }, LANES[type]), ...marks);
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
