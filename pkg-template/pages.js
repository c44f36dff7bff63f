// What an engine gives page by page: a server's answers, changes, an export.

/**
 * The pages that the call begins, as bytes, to their end. They are let go of when there are no more
 * and when the reader leaves.
 *
 * @param {{ call: Function }} engine
 * @param {string} name
 * @param {unknown[]} args
 * @param {AbortSignal} [signal]
 */
export async function* pages(engine, name, args, signal) {
  const handle = await engine.call(name, args, { signal });
  try {
    for (;;) {
      const bytes = await engine.call("pagesNext", [handle], { signal });
      if (bytes === undefined) return;
      yield bytes;
    }
  } finally {
    // Nothing is left to stop where the engine was closed meanwhile.
    await engine.call("close", [handle]).catch(() => {});
  }
}

/**
 * The pages as a stream. Each is asked for when it is wanted, none before.
 *
 * @param {AsyncGenerator<Uint8Array>} pages
 * @returns {ReadableStream<Uint8Array>}
 */
export function streamOf(pages) {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pages.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => pages.return().then(() => {}),
    },
    { highWaterMark: 0 },
  );
}
