// A bar chart of counts, as SVG. The numbers stand beside the bars; a table says the same.

import { svg } from "./dom.js";
import { fitted } from "./fitted.js";
import { count } from "./numbers.js";
import { linear } from "./scale.js";

const ROW = 26;
const LABELS = 138;
const NUMBERS = 60;

/** @param {{ label: string, value: number }[]} bars */
export function barChart(bars) {
  const height = bars.length * ROW;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const said = bars.map(({ label, value }) => `${label} ${count(value)}`).join(", ");
  return fitted(height, (width) => {
    const length = linear([0, most], [0, Math.max(20, width - LABELS - NUMBERS)]);
    return svg(
      "svg",
      {
        width,
        height,
        role: "img",
        "aria-label": `Resources by type: ${said}`,
        data: { testid: "stored-chart" },
      },
      ...bars.map((one, index) => bar(one, index * ROW + ROW / 2, length(one.value))),
    );
  });
}

function bar({ label, value }, middle, length) {
  // What is there is seen, however little it is beside the rest.
  const width = value > 0 ? Math.max(1.5, length) : 0;
  return svg(
    "g",
    { data: { label } },
    svg("text", { x: LABELS - 8, y: middle, class: "bar-label" }, label),
    svg("rect", { x: LABELS, y: middle - 8, width, height: 16, rx: 2, class: "bar" }),
    svg("text", { x: LABELS + width + 6, y: middle, class: "bar-number" }, count(value)),
  );
}
