// Answers that stay fresh. A watch is silent as long as a feed that may bring what is asked for was
// never pulled to its end; the page shows what there is by then, and says that it is incomplete.

/**
 * @param {import("../pkg-template/index.d.ts").Replica} replica
 * @param {string} query
 * @param {(bundle: object) => void} onBundle
 * @param {(error: Error) => void} onError
 * @returns the call that ends it
 */
export function follow(replica, query, onBundle, onError) {
  let silent = true;
  let searched;
  const onWatched = (bundle) => {
    silent = false;
    // The first answer may say what the search has said already.
    const known = searched !== undefined && JSON.stringify(bundle) === searched;
    searched = undefined;
    if (!known) onBundle(bundle);
  };
  const onSearched = (bundle) => {
    if (!silent || bundle === undefined) return;
    searched = JSON.stringify(bundle);
    onBundle(bundle);
  };
  const stop = replica.watch(query, onWatched, onError);
  searchedIfIncomplete(replica, query).then(onSearched, (error) => silent && onError(error));
  return () => {
    silent = false;
    stop();
  };
}

async function searchedIfIncomplete(replica, query) {
  const { feeds } = await replica.status();
  return feeds.some(({ complete }) => !complete) ? replica.search(query) : undefined;
}
