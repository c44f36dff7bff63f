// Answers an application's FHIR requests in its service worker: by which policy, for whom, and what is said where there
// is neither a replica's answer nor a network.

import { POLICIES } from "./answers.js";
import { FhirPullError, badInput } from "./errors.js";
import { askedOf, isOwnPage, whatOf } from "./fhir-request.js";
import { note, noted } from "./notes.js";
import { outcome } from "./outcome.js";
import { Resident } from "./resident.js";

/** What a gateway says that has not reached the server. */
const UNREACHED = [502, 503, 504];
/** The tag of `sync` and `periodicsync` events, and the property of messages. */
const TAG = "fhir-pull";
const USER = "user";

export class Intercept {
  #base;
  #options;
  #open;
  #residents = new Map();

  /**
   * @param {object} options those of serveFromReplica, all given, and `base` in place of `server`: no slash at its end
   * @param {(options: object) => Promise<object>} open openReplica
   */
  constructor(options, open) {
    this.#base = options.base;
    this.#options = options;
    this.#open = open;
  }

  /** @param {ServiceWorkerGlobalScope} scope */
  listen(scope) {
    scope.addEventListener("fetch", (event) => this.#fetched(event));
    scope.addEventListener("message", (event) => this.#told(event));
    for (const name of ["sync", "periodicsync"]) {
      scope.addEventListener(name, (event) => {
        if (event.tag === TAG) event.waitUntil(this.#pull());
      });
    }
  }

  #fetched(event) {
    const asked = askedOf(event.request, this.#base);
    if (!asked) return;
    const policy = this.#policyFor(event.request);
    if (asked.kind === "write") event.respondWith(this.#written(event, asked));
    else if (policy !== "network-only") event.respondWith(this.#answered(event, asked, policy));
  }

  #policyFor(request) {
    const { policy, onError } = this.#options;
    try {
      const chosen = typeof policy === "function" ? policy(request) : policy;
      if (POLICIES.includes(chosen)) return chosen;
      throw badInput(`serveFromReplica: policy must give one of ${POLICIES.join(", ")}.`);
    } catch (thrown) {
      onError(FhirPullError.from(thrown));
      return "network-only";
    }
  }

  /** Goes to the server, and the replica is behind from then on. */
  async #written(event, { type }) {
    const response = await fetch(event.request);
    if (response.ok) {
      event.waitUntil(
        this.#residentOf(event.request).then((resident) => {
          resident?.wrote(type, response);
          return resident?.pullInTime();
        }),
      );
    }
    return response;
  }

  async #answered(event, asked, policy) {
    const { request } = event;
    const body = request.method === "POST" ? await request.clone().text() : undefined;
    const finding = this.#residentOf(request);
    const held = async (wants) => (await finding)?.answer(asked, request, body, wants);
    const pulled = (answer) => {
      event.waitUntil(finding.then((resident) => resident?.pullInTime()));
      return answer;
    };

    if (isOwnPage(whatOf(asked, body))) {
      const page = await held();
      if (page) return page;
    }
    if (policy !== "network-first" && asked.kind !== "capabilities") {
      const only = policy === "cache-only";
      const isRefused = !only && (await finding)?.refused;
      const first = isRefused ? undefined : await held({ current: !only, absent: only });
      if (first && policy === "stale-while-revalidate") event.waitUntil(this.#revalidate(request, asked, finding));
      if (first) return pulled(first);
    }
    const answer = await this.#network(event, finding, held);
    return pulled(answer);
  }

  /** The server's answer; where it can't be reached the replica's. */
  async #network(event, finding, held) {
    const { request } = event;
    const asking = settled(fetch(request));
    asking.then(async ({ response }) => (await finding)?.heard(response?.status));
    const { networkTimeout } = this.#options;
    if (networkTimeout !== undefined && !(await inTime(asking, networkTimeout))) {
      const instead = await held();
      if (instead) return instead;
    }
    const { response, failure } = await asking;
    if (response && !UNREACHED.includes(response.status)) return response;
    // Nobody waits for it any more.
    if (request.signal.aborted) throw failure;
    return (await held()) ?? response ?? this.#nothing(await finding);
  }

  async #revalidate(request, asked, finding) {
    const { response } = await settled(fetch(request));
    const resident = await finding;
    resident?.heard(response?.status);
    if (response) await resident?.keep(asked, request, response);
  }

  #nothing(resident) {
    const sentence = resident
      ? "The server can't be reached, and the copy on this device does not hold all that this asks for."
      : "The server can't be reached, and there is no copy on this device for whoever asks.";
    return outcome(504, "transient", sentence, { "fhir-pull-from": "service-worker" });
  }

  /** Whose replica may answer; nothing where it is nobody's. Never rejects. */
  async #residentOf(request) {
    try {
      const { anonymous } = this.#options;
      // Online it would be refused, and must not be shown more offline.
      if (!anonymous && !request.headers.has("authorization")) return undefined;
      const resident = await this.#resident(request);
      return (await resident?.admits(request)) ? resident : undefined;
    } catch (thrown) {
      this.#options.onError(FhirPullError.from(thrown));
      return undefined;
    }
  }

  /** @param {Request} [request] none for what happens by itself */
  async #resident(request) {
    const { replica, feeds, ...rest } = this.#options;
    // Its address and headers: its body is not to be read here.
    const bare = request && new Request(request.url, { headers: request.headers });
    const asked = { request: bare, user: await noted(USER) };
    const options = typeof replica === "function" ? await replica(asked) : replica;
    if (!options) return undefined;
    const list = typeof feeds === "function" ? await feeds(asked) : feeds;
    const { name } = options;
    if (!this.#residents.has(name)) {
      const all = { ...options, server: this.#base, worker: undefined };
      this.#residents.set(name, new Resident(this.#open, { ...rest, options: all, feeds: list }));
    }
    return this.#residents.get(name);
  }

  /** Pulls for whom the page has named, or for all whose requests were seen. */
  async #pull() {
    const named = await this.#resident();
    const residents = (named ? [named] : [...this.#residents.values()]).filter(({ pulls }) => pulls);
    if (!residents.length) throw badInput("There is nothing to pull: no feeds, nobody signed in, or no token was seen yet.");
    await Promise.all(residents.map((resident) => resident.pull()));
  }

  /** A message of a page: `{ "fhir-pull": "pull" | "signed-in" | "signed-out", ... }`, answered at its port. */
  #told(event) {
    const does = {
      pull: () => this.#pull(),
      "signed-in": ({ user }) => this.#signedIn(user),
      "signed-out": ({ wipe }) => this.#signedOut(wipe === true),
    };
    const what = event.data?.[TAG];
    if (!Object.hasOwn(does, what ?? "")) return;
    const done = does[what](event.data).then(
      () => ({ done: what }),
      (thrown) => ({ failure: FhirPullError.from(thrown).toFailure() }),
    );
    event.waitUntil(done.then((answer) => event.ports[0]?.postMessage(answer)));
  }

  async #signedIn(user) {
    if (typeof user !== "string" || user === "") throw badInput('The message "signed-in" has the user as a text.');
    if (user !== (await noted(USER))) await this.#letGo();
    await note(USER, user);
  }

  async #signedOut(wipe) {
    if (wipe) {
      await this.#resident();
      await Promise.all([...this.#residents.values()].map((resident) => resident.wipe()));
    }
    await note(USER, undefined);
    await this.#letGo();
  }

  async #letGo() {
    const residents = [...this.#residents.values()];
    this.#residents.clear();
    await Promise.all(residents.map((resident) => resident.close()));
  }
}

/** What a request came to. */
function settled(promise) {
  return promise.then(
    (response) => ({ response }),
    (failure) => ({ failure }),
  );
}

/** Whether it settles before the time is up. */
async function inTime(promise, milliseconds) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds, false)));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
