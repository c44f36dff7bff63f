/** What the bench calls in a page: a task in a worker of the bench's, or a pull as an application makes it. */

import { once } from "../contenders/in-worker.js";
import { keyOf } from "../key.mjs";

const BEAT = 5;
/** From how long on the Long Tasks API reports a task. */
const LONG = 50;

export function inWorker(message) {
  return once("/bench/ingest/worker.js", message);
}

/**
 * Pulls with the package's own defaults, while the page listens to how it goes and its heart beats.
 * @returns The longest task that the browser reports, or where it reports none, the longest time
 *   between two beats: no task was longer than that.
 */
export async function pullOnPage({ feeds, questions: { code, count, subjects } }) {
  const { open } = await import("../contenders/fhir-pull.js");
  const heart = new Heart();
  await heart.proven();
  const opened = await open();
  heart.start();
  const start = performance.now();
  let told = 0;
  await opened.pull(feeds, { onProgress: () => (told += 1) });
  const milliseconds = performance.now() - start;
  const beats = await heart.stop();
  const first = await opened.newest(subjects[0], code, count);
  const total = await opened.total(code);
  await opened.close();
  return { ...beats, milliseconds, told, first: first.map(keyOf), total };
}

class Heart {
  #long = 0;
  #gap = 0;
  #beating;
  #observer = new PerformanceObserver((list) => this.#saw(list.getEntries()));

  constructor() {
    this.#observer.observe({ type: "longtask" });
  }

  /** Fails where the browser does not report a task that is too long. */
  async proven() {
    this.start();
    await pause(BEAT);
    const until = performance.now() + 2 * LONG;
    while (performance.now() < until);
    const { long, gap } = await this.stop();
    if (long < LONG || gap < LONG) throw new Error("This browser doesn't report long tasks, so none can be measured.");
  }

  start() {
    this.#observer.takeRecords();
    this.#long = 0;
    this.#gap = 0;
    let last = performance.now();
    this.#beating = setInterval(() => {
      const now = performance.now();
      this.#gap = Math.max(this.#gap, now - last);
      last = now;
    }, BEAT);
  }

  async stop() {
    // A task is reported after it has ended.
    await pause(10 * BEAT);
    clearInterval(this.#beating);
    this.#saw(this.#observer.takeRecords());
    const [long, gap] = [this.#long, this.#gap];
    return { long, gap, longest: long || Math.min(gap, LONG) };
  }

  #saw(entries) {
    for (const { duration } of entries) this.#long = Math.max(this.#long, duration);
  }
}

function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
