// Builds elements. Everything from a server goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `on` holds listeners, `data` the dataset, everything else is an attribute;
 * `undefined` and `false` are left out.
 * @param {string} tag
 * @param {Record<string, any>} [given]
 * @param {...(Node | string | undefined | false)} children
 */
export function el(tag, given = {}, ...children) {
  return filled(document.createElement(tag), given, children);
}

/** An SVG element; everything given is an attribute. */
export function svg(tag, given = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

/** The element of the page with this test id. */
export function byTestId(id, root = document) {
  return root.querySelector(`[data-testid="${id}"]`);
}

/** Shows a sentence where problems are shown, or takes it away. */
export function showProblem(place, failure) {
  place.hidden = failure === undefined;
  if (failure === undefined) place.replaceChildren();
  else place.replaceChildren(el("p", {}, failure.sentence), ...(failure.advice ? [el("p", {}, failure.advice)] : []));
}

function filled(element, { on = {}, data = {}, ...given }, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  for (const [name, value] of Object.entries(data)) {
    if (value !== undefined) element.dataset[name] = value;
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}
