// What an application does for its token in each of its tabs: kept where all of them find it, and renewed at the
// server. Runs in the page that Chromium shows. Served as /support/token-application.js.

/** Not localStorage: what one tab has written there another one may not read at once. */
const KEPT = "/kept-token";

async function kept() {
  const found = await caches.match(KEPT);
  return found ? found.text() : "token-1";
}

async function renewed(server, tab) {
  const answer = await fetch(`${server}/token`, { method: "POST", body: tab });
  const token = await answer.text();
  const cache = await caches.open("application");
  await cache.put(KEPT, new Response(token));
  return token;
}

/**
 * Pulls into a replica of the tab's own, since tabs of one replica pull one after the other.
 *
 * @param {string} packageEntry The URL of the package's entry.
 * @param {string} server
 * @param {string} tab Its name.
 * @returns {Promise<string>} "complete", or the code of the error.
 */
export async function pull(packageEntry, server, tab) {
  const { openReplica } = await import(packageEntry);
  const token = ({ refresh }) => (refresh ? renewed(server, tab) : kept());
  const replica = await openReplica({ name: tab, server, token });
  const feeds = [{ history: "Patient" }, { history: "Observation" }];
  return replica.pull(feeds).then(
    () => "complete",
    ({ code }) => code,
  );
}
