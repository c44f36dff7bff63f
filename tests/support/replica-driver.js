// Drives the package where it runs: imported by Node's tests, and by the page that Chromium shows.
// Only plain values cross, so that a test is the same for both. Served as /support/replica-driver.js.

const replicas = new Map();
const pulls = new Map();
const watches = new Map();
const kept = new Map();

const calls = {
  async open({ server, name, store, token, encrypt, worker }) {
    const { openReplica } = await entry();
    const options = { server, name, store, worker, token: token === undefined ? undefined : () => token };
    if (encrypt !== undefined) options.encrypt = encrypt === true || (await keyOf(encrypt));
    replicas.set(name, await openReplica(options));
  },

  /** The result, and every progress that was told. */
  async pull({ name, feeds }) {
    const controller = new AbortController();
    const pull = { controller, progress: [] };
    pulls.set(name, pull);
    const onProgress = (progress) => pull.progress.push(progress);
    const result = await replicas.get(name).pull(feeds, { onProgress, signal: controller.signal });
    return { ...result, progress: pull.progress };
  },

  /** Keeps fresh from now on; see `fresh`. */
  keepFresh({ name, feeds, every }) {
    const states = [];
    const onState = ({ state }) => states.push(state);
    kept.set(name, { fresh: replicas.get(name).keepFresh({ feeds, every, onState }), states });
  },

  /** How fresh it is, and every state that was told. */
  fresh({ name }) {
    const { fresh, states } = kept.get(name);
    const { error, ...state } = fresh.state;
    return { ...state, error: error?.code, states };
  },

  async stopFresh({ name }) {
    await kept.get(name).fresh.stop();
  },

  /** How many pages the pull under way, or the last one, has read so far. */
  pagesSoFar({ name }) {
    const last = new Map((pulls.get(name)?.progress ?? []).map(({ feed, pages }) => [feed, pages]));
    return [...last.values()].reduce((sum, pages) => sum + pages, 0);
  },

  /** By feed the last state that the pull under way, or the last one, has told. */
  statesSoFar({ name }) {
    return Object.fromEntries((pulls.get(name)?.progress ?? []).map(({ feed, state }) => [feed, state]));
  },

  abort({ name }) {
    pulls.get(name).controller.abort();
  },

  /** The Bundle as the text that it left WebAssembly as. */
  async searchText({ name, query }) {
    return new TextDecoder().decode(await replicas.get(name).search(query, { as: "bytes" }));
  },

  search({ name, query }) {
    return replicas.get(name).search(query);
  },

  /** For each reference the resource, `null` where none is held, or the code of the rejection. */
  readAll({ name, references }) {
    const replica = replicas.get(name);
    return Promise.all(
      references.map((reference) =>
        replica.read(reference).then(
          (resource) => resource ?? null,
          ({ code }) => code,
        ),
      ),
    );
  },

  /** Watches a query from now on; see `watched`. */
  watch({ name, query }) {
    const told = { times: 0, references: [], errors: [] };
    watches.set(`${name} ${query}`, told);
    const referenceOf = ({ resource }) => `${resource.resourceType}/${resource.id}/${resource.meta.versionId}`;
    replicas.get(name).watch(
      query,
      ({ entry = [] }) => Object.assign(told, { times: told.times + 1, references: entry.map(referenceOf).sort() }),
      ({ code, message }) => told.errors.push(`${code}: ${message}`),
    );
  },

  /** How often the watch was told an answer, the versions in the last one, and every error. */
  watched({ name, query }) {
    return watches.get(`${name} ${query}`);
  },

  status({ name }) {
    return replicas.get(name).status();
  },

  persist({ name }) {
    return replicas.get(name).persist();
  },

  wipe({ name }) {
    return replicas.get(name).wipe();
  },

  async wipeReplica({ name }) {
    return (await entry()).wipeReplica(name);
  },

  async close({ name }) {
    await replicas.get(name).close();
    replicas.delete(name);
  },
};

/** An application's own key, of a text that stands for what its user knows. */
async function keyOf(secret) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

let loaded;
let address;

async function entry() {
  loaded ??= import(address);
  return loaded;
}

/**
 * @param {string} packageEntry The URL of the package's entry, where this runs.
 * @param {keyof typeof calls} call
 * @returns {Promise<{ value: unknown } | { rejection: object }>}
 */
export async function drive(packageEntry, call, parameters) {
  address = packageEntry;
  try {
    return { value: await calls[call](parameters) };
  } catch (error) {
    const { FhirPullError } = await entry();
    const { name, message, code, status, retryable, stack } = error;
    const ours = error instanceof FhirPullError;
    return { rejection: { name, message, code, status, retryable, ours, stack } };
  }
}
