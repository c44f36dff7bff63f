/** The floor: what it costs to parse the pages and to do nothing with them. */

export function open() {
  const decoder = new TextDecoder();
  return {
    async ingest(pages) {
      let entries = 0;
      for (const { bytes } of pages) entries += JSON.parse(decoder.decode(bytes)).entry.length;
      const expected = pages.reduce((sum, { resources }) => sum + resources, 0);
      if (entries !== expected) throw new Error(`${entries} entries parsed, not ${expected}`);
    },
    close() {},
  };
}
