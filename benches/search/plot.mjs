/** The times of growing stores as a picture: an SVG with two logarithmic axes. */

const WIDTH = 900;
const HEIGHT = 460;
const PLOT = { left: 60, right: 520, top: 20, bottom: 410 };
const COLOURS = ["#0b6e99", "#b5482a", "#3f7d20", "#7a3e9d", "#a67c00", "#1f4e9c", "#a02c5a", "#5b5b5b"];

/**
 * @param {{ name: string, times: number[] }[]} lines Milliseconds of each query at each size.
 * @param {number[]} sizes
 * @returns {string}
 */
export function plotted(lines, sizes) {
  const times = lines.flatMap(({ times }) => times);
  if (!times.length) throw new Error("There is nothing to plot: no query was answered at every size.");
  const low = Math.floor(Math.log10(Math.min(...times)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...times))));
  const [from, to] = [Math.log10(sizes[0]), Math.log10(sizes[sizes.length - 1])];
  const x = (size) => PLOT.left + ((Math.log10(size) - from) / (to - from || 1)) * (PLOT.right - PLOT.left);
  const y = (ms) => PLOT.bottom - ((Math.log10(ms) - low) / (high - low)) * (PLOT.bottom - PLOT.top);
  const drawn = [];
  for (let power = low; power <= high; power += 1) {
    const at = y(10 ** power).toFixed(1);
    drawn.push(`<path d="M${PLOT.left} ${at}H${PLOT.right}" stroke="#ddd"/>`);
    drawn.push(`<text x="${PLOT.left - 6}" y="${at}" text-anchor="end" dy="4">${Number((10 ** power).toPrecision(1))}</text>`);
  }
  for (const size of sizes) {
    drawn.push(`<text x="${x(size).toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="middle">${size.toLocaleString("en")}</text>`);
  }
  drawn.push(`<text x="${PLOT.left}" y="${HEIGHT - 8}">resources; milliseconds, warm median; both axes logarithmic</text>`);
  lines.forEach(({ name, times }, n) => {
    const colour = COLOURS[n % COLOURS.length];
    const dashes = n >= COLOURS.length ? ' stroke-dasharray="6 3"' : "";
    const points = times.map((ms, at) => `${x(sizes[at]).toFixed(1)},${y(ms).toFixed(1)}`).join(" ");
    const row = PLOT.top + 14 + n * 22;
    drawn.push(`<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`);
    drawn.push(`<path d="M${PLOT.right + 20} ${row - 4}h24" stroke="${colour}" stroke-width="2"${dashes}/>`);
    drawn.push(`<text x="${PLOT.right + 50}" y="${row}">${name}</text>`);
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">\n` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>\n${drawn.join("\n")}\n</svg>\n`
  );
}
