// A page in each of the three browser engines, in the same way: what Chromium has over playwright, Firefox over
// WebDriver BiDi, WebKitGTK over its own WebDriver.

import { engines, freePort, webKitCapabilities } from "../../scripts/engines.mjs";
import { openFirefox } from "../../scripts/firefox.mjs";
import { onPath } from "../../scripts/run.mjs";
import { openWebKit } from "../../scripts/webkit.mjs";
import { Browser } from "./chromium.mjs";

/**
 * Each starts a browser with an empty profile. `page` shows an address; `evaluate` calls a function with one argument
 * there, plain JSON both ways. What pages store stays until `close`.
 *
 * @typedef {{ evaluate(work: Function, argument?: unknown): Promise<any> }} Page
 * @type {Record<string, () => Promise<{ page(address: string): Promise<Page>, close(): Promise<void> }>>}
 */
export const ENGINES = {
  async Chromium() {
    const browser = await Browser.launch();
    let shown;
    return {
      async page(address) {
        await shown?.close();
        shown = await browser.page(address);
        return shown;
      },
      close: () => browser.remove(),
    };
  },
  Firefox: () => openFirefox(programs("firefox").browser),
  WebKitGTK: async () => openWebKit({ ...programs("webkit"), port: await freePort(), capabilities: webKitCapabilities() }),
};

/** The programs that an engine needs, which the set-up has seen to. */
function programs(engine) {
  const found = Object.entries(engines[engine].needs).map(([role, names]) => [role, names.map(onPath).find(Boolean)]);
  return Object.fromEntries(found);
}
