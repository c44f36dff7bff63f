// A drawing as wide as its place and redrawn when that changes, so that its letters keep their size.

import { el } from "./dom.js";

/** Narrower than this nothing can be told apart; what is wider than its place is cut off. */
const NARROWEST = 200;

/**
 * @param {number} height in CSS pixels, known beforehand so that nothing moves when it is drawn
 * @param {(width: number) => Element} draw
 */
export function fitted(height, draw) {
  const place = el("div", { class: "fitted" });
  place.style.height = `${height}px`;
  let drawn = 0;
  const observer = new ResizeObserver(([{ contentRect }]) => {
    const width = Math.max(NARROWEST, Math.floor(contentRect.width));
    if (width === drawn || contentRect.width === 0) return;
    drawn = width;
    place.replaceChildren(draw(width));
  });
  observer.observe(place);
  return place;
}
