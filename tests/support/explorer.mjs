// The explorer of www/ as a person uses it, by what is on the screen.

import assert from "node:assert/strict";

export class Explorer {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.page = page;
  }

  at(testid) {
    return this.page.getByTestId(testid);
  }

  /** Connects to a server by its address. */
  async connect(server, { token, name } = {}) {
    await this.at("server-other").check();
    await this.at("server-url").fill(server);
    if (token !== undefined) await this.at("token").fill(token);
    if (name !== undefined) await this.at("copy-name").fill(name);
    await this.at("connect").click();
    await this.at("connected").waitFor();
  }

  /** Pulls what is ticked. @returns what the page says came of it, added up over the feeds */
  async pull() {
    await this.at("pull").click();
    const summary = this.at("pull-summary").filter({ hasText: /./ });
    const problem = this.at("pull-problem").filter({ visible: true });
    await summary.or(problem).first().waitFor();
    assert.equal(await problem.count(), 0, await this.at("pull-problem").textContent());
    const sums = { stored: 0, deleted: 0, unchanged: 0 };
    for (const row of await this.at("pull-feeds").locator("li").all()) {
      assert.equal(await row.getAttribute("data-state"), "complete");
      for (const name of Object.keys(sums)) {
        sums[name] += Number(await row.locator(`[data-value=${name}]`).getAttribute("data-number"));
      }
    }
    return sums;
  }

  /** By type, how many the page says are stored. */
  async stored() {
    const held = {};
    for (const row of await this.at("stored-types").locator("tbody tr").all()) {
      const number = await row.locator("[data-value=resources]").getAttribute("data-number");
      held[await row.getAttribute("data-type")] = Number(number);
    }
    return held;
  }

  /** Runs a search in the search view. @returns {Promise<{ total: number, references: string[] }>} */
  async search(query) {
    await this.at("nav-search").click();
    await this.at("search-query").fill(query);
    // The answer replaces what the last search left.
    await this.at("search-total").evaluateAll((left) => left.forEach((element) => element.remove()));
    await this.at("run-search").click();
    const total = this.at("search-total");
    await total.waitFor();
    const items = await this.at("search-results").locator("li[data-reference]").all();
    const references = await Promise.all(items.map((item) => item.getAttribute("data-reference")));
    return { total: Number(await total.getAttribute("data-number")), references };
  }

  /** The JSON that the page shows of a search's first result. */
  async firstResult() {
    const first = this.at("search-results").locator("li[data-reference]").first();
    await first.locator("details summary").click();
    return JSON.parse(await first.locator("pre").filter({ hasText: /./ }).textContent());
  }

  async wipe() {
    await this.at("nav-copy").click();
    await this.at("wipe").click();
    await this.at("wipe-confirm").click();
    await this.at("wipe-report").filter({ hasText: "Wiped" }).waitFor();
  }

  databases() {
    return this.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  }
}
