// Answers that stay fresh. A watch is silent as long as a feed that may bring what is asked for was
// never pulled to its end; the page shows what there is by then, and says that it is incomplete.

/**
 * @param {import("./session.js").Session} session an open one
 * @param {string} query
 * @param {(bundle: object) => void} onBundle
 * @param {(error: Error) => void} onError
 * @returns the call that ends it
 */
export function follow({ replica, status }, query, onBundle, onError) {
  let silent = true;
  const tell = (say) => (value) => {
    silent = false;
    say(value);
  };
  const stop = replica.watch(query, tell(onBundle), tell(onError));
  if (status.feeds.some(({ complete }) => !complete)) {
    const unlessTold = (say) => (value) => silent && say(value);
    replica.search(query).then(unlessTold(onBundle), unlessTold(onError));
  }
  return () => {
    silent = false;
    stop();
  };
}
