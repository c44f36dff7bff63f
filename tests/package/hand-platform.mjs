// A platform driven by hand, in place of this one's globals: its clock and timers, its network, whether the page
// is seen, Web Locks and BroadcastChannels. Those of one process stand for the tabs of one browser.

const { setImmediate } = globalThis;

/** Lets everything happen that waits for no timer. */
export async function settled() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export class HandPlatform {
  now = 1_700_000_000_000;
  chance = 0.5;
  #timers = new Map();
  #last = 0;
  #events = new EventTarget();
  #before = new Map();
  #navigator = { onLine: true };
  document;

  /** Takes the place of the globals until `restore`. */
  static install({ locks = true, document = true } = {}) {
    const platform = new HandPlatform();
    if (locks) platform.#navigator.locks = new HandLocks();
    if (document) {
      platform.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
      platform.#put("document", platform.document);
    }
    platform.#put("navigator", platform.#navigator);
    platform.#put("BroadcastChannel", channels());
    platform.#put("setTimeout", (action, wait) => platform.#timer(action, wait));
    platform.#put("clearTimeout", (id) => platform.#timers.delete(id));
    platform.#put("addEventListener", (...given) => platform.#events.addEventListener(...given));
    platform.#put("Date", Object.assign(Object.create(Date), { now: () => platform.now }));
    platform.#put("Math", Object.assign(Object.create(Math), { random: () => platform.chance }));
    return platform;
  }

  restore() {
    for (const [name, descriptor] of this.#before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  }

  get locks() {
    return this.#navigator.locks;
  }

  /** How many timers are set, and how far the farthest is away. */
  get timers() {
    return { count: this.#timers.size, longest: Math.max(0, ...[...this.#timers.values()].map(({ at }) => at - this.now)) };
  }

  /** Time passes, and timers fire when theirs has come. */
  async pass(milliseconds) {
    await settled();
    const end = this.now + milliseconds;
    for (;;) {
      const [id, timer] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (!timer) break;
      this.#timers.delete(id);
      this.now = Math.max(this.now, timer.at);
      timer.action();
      await settled();
    }
    this.now = end;
    await settled();
  }

  /** The device sleeps: the clock goes on, timers stand still. */
  sleep(milliseconds) {
    this.now += milliseconds;
    for (const timer of this.#timers.values()) timer.at += milliseconds;
  }

  /** The network goes or comes back; `told` by an event, unless a device was asleep when it was. */
  async network(there, { told = true } = {}) {
    this.#navigator.onLine = there;
    if (told) this.#events.dispatchEvent(new Event(there ? "online" : "offline"));
    await settled();
  }

  async seen(visible) {
    this.document.visibilityState = visible ? "visible" : "hidden";
    this.document.dispatchEvent(new Event("visibilitychange"));
    await settled();
  }

  #timer(action, wait) {
    this.#last += 1;
    this.#timers.set(this.#last, { action, at: this.now + wait });
    return this.#last;
  }

  #put(name, value) {
    this.#before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

/** A LockManager of exclusive locks. */
class HandLocks {
  #queues = new Map();
  /** Set, it is what every request is rejected with. */
  denies;

  names() {
    return [...this.#queues.keys()];
  }

  request(name, { signal, steal }, work) {
    if (this.denies) return Promise.reject(this.denies);
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    return new Promise((resolve, reject) => {
      const refused = () => reject(new DOMException("The request was aborted.", "AbortError"));
      const asked = { work, resolve, reject, refused };
      if (steal) queue.shift()?.refused();
      if (steal) queue.unshift(asked);
      else queue.push(asked);
      signal?.addEventListener("abort", () => {
        const place = queue.indexOf(asked);
        if (place > 0) queue.splice(place, 1);
        if (place > 0) refused();
      });
      if (queue[0] === asked) this.#grant(queue);
    });
  }

  async #grant(queue) {
    const held = queue[0];
    await undefined;
    try {
      held.resolve(await held.work());
    } catch (thrown) {
      held.reject(thrown);
    }
    if (queue[0] !== held) return;
    queue.shift();
    if (queue.length > 0) this.#grant(queue);
  }
}

function channels() {
  const all = new Set();
  return class BroadcastChannel {
    onmessage;
    constructor(name) {
      this.name = name;
      all.add(this);
    }
    postMessage(value) {
      const data = structuredClone(value);
      for (const other of all) {
        if (other === this || other.name !== this.name) continue;
        setImmediate(() => all.has(other) && other.onmessage?.({ data }));
      }
    }
    close() {
      all.delete(this);
    }
  };
}
