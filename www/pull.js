// Pulling: what to pull, how far each feed is, what came of it.

import { byTestId, el, showProblem } from "./dom.js";
import { failureOf } from "./failures.js";
import { feedsOf, inWords, PRESET, wholeType } from "./feeds.js";
import { bytes, count, counted, duration, rate } from "./numbers.js";
import { announce } from "./views.js";

/** @param {{ session: import("./session.js").Session, network: import("./network.js").Network }} parts */
export function wirePull({ session, network }) {
  const form = byTestId("pull-form");
  const [pullButton, cancelButton] = [byTestId("pull"), byTestId("cancel-pull")];
  const problem = byTestId("pull-problem");
  const summary = byTestId("pull-summary");
  const rows = byTestId("pull-feeds");
  /** @type {AbortController | undefined} */
  let under;

  byTestId("preset-feeds").append(...PRESET.map(checkbox));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    pull();
  });
  cancelButton.addEventListener("click", () => under?.abort());
  network.addEventListener("change", () => {
    if (under) summary.textContent = network.on ? "" : "The network was cut: trying again for a while before giving up.";
  });
  session.addEventListener("open", () => {
    pullButton.disabled = false;
    tickWhatWasPulled();
  });
  session.addEventListener("close", () => {
    under?.abort();
    pullButton.disabled = true;
    rows.replaceChildren();
    summary.textContent = "";
    showProblem(problem);
  });

  /** Pulls what is chosen. @returns {Promise<boolean>} whether it came to its end */
  async function pull() {
    if (under || !session.replica) return false;
    showProblem(problem);
    summary.textContent = "";
    let feeds;
    try {
      if (!network.on) throw Object.assign(new Error("There is no network."), { code: "network" });
      feeds = chosen();
    } catch (error) {
      showProblem(problem, failureOf(error, { networkOn: network.on }));
      return false;
    }
    const controller = (under = new AbortController());
    busy(true);
    rows.replaceChildren();
    announce(`Pulling ${counted(feeds.length, "feed")}.`);
    const board = new Board(rows);
    const began = performance.now();
    try {
      const result = await session.replica.pull(feeds, { signal: controller.signal, onProgress: board.progress });
      board.settle(result.feeds);
      await session.refresh();
      summary.textContent = `Pulled in ${duration(performance.now() - began)}: ${whatCame(result.feeds)}.`;
      return true;
    } catch (error) {
      board.settle();
      const failure = failureOf(error, { networkOn: network.on });
      // The failure is what is to be told, whatever else fails after it.
      await session.refresh().catch(() => {});
      if (failure.code === "aborted") {
        summary.textContent = "Stopped. What came is kept where it was committed; pull again to go on.";
      } else {
        showProblem(problem, failure);
      }
      return false;
    } finally {
      under = undefined;
      busy(false);
    }
  }

  function busy(is) {
    pullButton.disabled = is || !session.replica;
    cancelButton.disabled = !is;
    form.querySelectorAll("fieldset, textarea").forEach((part) => (part.disabled = is));
    session.dispatchEvent(new CustomEvent("busy", { detail: is }));
  }

  function chosen() {
    const how = form.elements.how.value;
    const types = [...form.querySelectorAll("[name=type]:checked")].map(({ value }) => wholeType(value, how));
    const feeds = [...types, ...feedsOf(form.elements.own.value)];
    if (feeds.length === 0) throw new RangeError("Choose at least one type, or write a search.");
    return feeds;
  }

  /** A copy is pulled again by the feeds that it was made from. */
  function tickWhatWasPulled() {
    const { feeds } = session.status;
    if (feeds.length === 0) return;
    const names = feeds.map(({ feed }) => feed);
    const byHistory = names.some((name) => name.endsWith("/_history"));
    form.elements.how.value = byHistory ? "history" : "search";
    const whole = (type) => (byHistory ? `${type}/_history` : type);
    for (const box of form.querySelectorAll("[name=type]")) box.checked = names.includes(whole(box.value));
    form.elements.own.value = names.filter((name) => !PRESET.some((type) => whole(type) === name)).join("\n");
  }

  return { pull };
}

function checkbox(type) {
  const box = el("input", { type: "checkbox", name: "type", value: type, checked: true, data: { testid: `feed-${type}` } });
  return el("label", { class: "choice" }, box, el("span", {}, type));
}

/** `12 stored, 2 deleted, 30 unchanged` */
export function whatCame(feeds) {
  const sum = (name) => feeds.reduce((total, feed) => total + feed[name], 0);
  return `${count(sum("stored"))} stored, ${count(sum("deleted"))} deleted, ${count(sum("unchanged"))} unchanged`;
}

/** A row for each feed, drawn at most once a frame. */
class Board {
  #place;
  #rows = new Map();
  #latest = new Map();
  #frame = 0;

  constructor(place) {
    this.#place = place;
  }

  progress = (progress) => {
    const before = this.#latest.get(progress.feed);
    this.#latest.set(progress.feed, progress);
    if (progress.state !== "pulling" && before?.state !== progress.state) {
      announce(`${inWords(progress.feed)}: ${progress.state}, ${counted(progress.resources, "resource")}.`);
    }
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  };

  /** The pull is over: nothing is under way any more. */
  settle(feeds = []) {
    cancelAnimationFrame(this.#frame);
    for (const progress of feeds) this.#latest.set(progress.feed, progress);
    for (const [feed, progress] of this.#latest) {
      if (progress.state === "pulling") this.#latest.set(feed, { ...progress, state: "stopped" });
    }
    this.#draw();
  }

  #draw() {
    this.#frame = 0;
    for (const [feed, progress] of this.#latest) {
      if (!this.#rows.has(feed)) {
        const row = new Row(feed);
        this.#rows.set(feed, row);
        this.#place.append(row.element);
      }
      this.#rows.get(feed).show(progress);
    }
  }
}

const STATES = { pulling: "pulling", complete: "complete", failed: "failed", stopped: "stopped" };

class Row {
  #state = el("span", { class: "state", data: { value: "state" } });
  #bar;
  #numbers = {};

  constructor(feed) {
    this.#bar = el("progress", { "aria-label": `Progress of ${inWords(feed)}` });
    const number = (name, label) => {
      this.#numbers[name] = el("dd", { data: { value: name } });
      return el("div", {}, el("dt", {}, label), this.#numbers[name]);
    };
    this.element = el(
      "li",
      { data: { feed } },
      el("p", { class: "feed-name" }, el("b", {}, inWords(feed)), this.#state),
      this.#bar,
      el(
        "dl",
        {},
        number("pages", "Pages"),
        number("resources", "Resources"),
        number("bytes", "Data"),
        number("rate", "A second"),
        number("stored", "Stored"),
        number("deleted", "Deleted"),
        number("unchanged", "Unchanged"),
      ),
    );
  }

  show(progress) {
    const { state, total, resources, milliseconds } = progress;
    this.element.dataset.state = state;
    this.#state.textContent = STATES[state];
    this.#showBar(state, resources, total);
    for (const name of ["pages", "resources", "stored", "deleted", "unchanged"]) {
      this.#numbers[name].textContent = count(progress[name]);
      this.#numbers[name].dataset.number = progress[name];
    }
    this.#numbers.bytes.textContent = bytes(progress.bytes);
    this.#numbers.rate.textContent = count(rate(resources, milliseconds));
  }

  #showBar(state, resources, total) {
    if (state === "complete") {
      this.#bar.max = this.#bar.value = 1;
    } else if (total !== undefined && total > 0) {
      this.#bar.max = Math.max(total, resources);
      this.#bar.value = resources;
    } else if (state === "pulling") {
      this.#bar.removeAttribute("value");
    } else {
      this.#bar.value = 0;
    }
  }
}
