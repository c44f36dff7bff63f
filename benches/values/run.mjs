/**
 * `npm run bench -- values`: which size of value IndexedDB is quickest with, in each browser that is
 * here and with both of Chromium's backends. Options: `--runs N` (3), `--sizes 16,32,...` in KiB,
 * `--total 64` in MiB, `--browsers chromium,chromium-sqlite,firefox,webkit`.
 */

import { parseArgs } from "node:util";

import { engines, freePort, webKitCapabilities } from "../../scripts/engines.mjs";
import { openFirefox } from "../../scripts/firefox.mjs";
import { onPath } from "../../scripts/run.mjs";
import { inFreshProfile } from "../browser-profile.mjs";
import { ORIGIN, inChromium } from "../chromium.mjs";
import { Measurements } from "../measurements.mjs";
import { serve } from "../serve.mjs";
import { openWebKit } from "../../scripts/webkit.mjs";

const SIZES = "16,32,64,128,256,512,1024";
const DONE = /^(measured|failed) /;
const MILLISECONDS = 600_000;

const BROWSERS = {
  chromium: { needs: {}, read: (where) => byChromium(where) },
  "chromium-sqlite": { needs: {}, read: (where) => byChromium({ ...where, features: "IdbSqliteBackingStore" }) },
  firefox: { needs: engines.firefox.needs, read: byFirefox },
  webkit: { needs: engines.webkit.needs, read: byWebKit },
};

/**
 * @param {{ root: string, args: string[] }} options The project's folder, and the command line.
 * @returns {Promise<{ results: object[], ratios: Record<string, number> }>}
 */
export default async function bench({ root, args }) {
  const { browsers, runs, query } = options(args);
  const log = (sentence) => console.error(sentence);
  const measured = new Measurements();
  const { port, close } = await serve(root, () => undefined);
  try {
    for (let round = 1; round <= runs; round += 1) {
      for (const name of browsers) {
        const { needs, read } = BROWSERS[name];
        const programs = found(needs);
        if (!programs) {
          if (round === 1) log(`There is no ${name} here: it is left out.`);
          continue;
        }
        const text = await read({ root, port, path: `/bench/values/page.html?${query}`, ...programs });
        if (!text.startsWith("measured ")) throw new Error(`${name}: ${text || "it did not end in time"}`);
        for (const { size, written, read, milliseconds } of JSON.parse(text.slice("measured ".length))) {
          measured.add(name, `${size} KiB, written`, "MiB/s", written);
          measured.add(name, `${size} KiB, read`, "MiB/s", read);
          measured.add(name, `${size} KiB, one read`, "ms", milliseconds);
        }
        log(`Round ${round}: ${name}.`);
      }
    }
  } finally {
    await close();
  }
  return { results: measured.results(), ratios: {} };
}

function options(args) {
  const { values } = parseArgs({
    args,
    options: {
      browsers: { type: "string", default: Object.keys(BROWSERS).join() },
      runs: { type: "string", default: "3" },
      sizes: { type: "string", default: SIZES },
      total: { type: "string", default: "64" },
    },
  });
  const browsers = values.browsers.split(",");
  const unknown = browsers.find((name) => !Object.hasOwn(BROWSERS, name));
  if (unknown) throw new Error(`No browser is called "${unknown}": there are ${Object.keys(BROWSERS).join(", ")}.`);
  const runs = Number(values.runs);
  const sizes = values.sizes.split(",").map(Number);
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1 on.");
  if (!sizes.every((size) => Number.isInteger(Math.log2(size)) && size <= 1024)) {
    throw new Error("--sizes takes powers of two, in KiB, up to 1024, with commas between them.");
  }
  if (!Number.isInteger(Number(values.total)) || Number(values.total) < 1) throw new Error("--total takes whole MiB.");
  return { browsers, runs, query: new URLSearchParams({ sizes: values.sizes, total: values.total }) };
}

/** The paths of the programs that are needed, or `undefined` where one is missing. */
function found(needs) {
  const programs = Object.entries(needs).map(([role, names]) => [role, names.map(onPath).find(Boolean)]);
  return programs.every(([, program]) => program) ? Object.fromEntries(programs) : undefined;
}

function byChromium({ root, port, path, features }) {
  return inFreshProfile(root, (profile) =>
    inChromium({ profile, port, features }, async (context) => {
      const page = await context.newPage();
      await page.goto(`${ORIGIN}${path}`);
      await page.waitForFunction(() => document.getElementById("output").textContent !== "", null, { timeout: MILLISECONDS });
      return page.textContent("#output");
    }),
  );
}

async function byFirefox({ port, path, browser }) {
  const firefox = await openFirefox(browser);
  try {
    return await firefox.textWhen(`http://127.0.0.1:${port}${path}`, DONE, MILLISECONDS);
  } finally {
    await firefox.close();
  }
}

async function byWebKit({ port, path, driver, display }) {
  const webkit = await openWebKit({ driver, display, port: await freePort(), capabilities: webKitCapabilities() });
  try {
    return await webkit.textWhen(`http://127.0.0.1:${port}${path}`, DONE, MILLISECONDS);
  } finally {
    await webkit.close();
  }
}
