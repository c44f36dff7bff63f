/** Profiles that hold a contender's store of so many generated resources. */

import { keptStore } from "../kept-store.mjs";
import { Source } from "./population.mjs";

/**
 * @param {{ root: string, contender: string, module: string, size: number, fresh: boolean,
 *   log: (sentence: string) => void }} options `module` is that of the contender.
 */
export function store({ root, contender, module, size, fresh, log }) {
  return keptStore({
    root,
    name: `open-${contender}-${size}`,
    title: `${contender}'s store of ${size} resources`,
    modules: [`contenders/${module}.js`],
    packaged: module === "fhir-pull",
    page: "/bench/open/page.js",
    contender,
    source: () => new Source(size),
    fresh,
    log,
  });
}
