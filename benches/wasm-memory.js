/** In a page with the engine in it: how large WebAssembly's memory is. It never shrinks: it is the most that there was. */

/** Watches WebAssembly being instantiated; gives the exported memory's buffer as it is at the time of asking. */
export function hookedMemory() {
  const memories = [];
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await original.apply(WebAssembly, given);
      memories.push((made.instance ?? made).exports.memory);
      return made;
    };
  }
  return () => {
    if (memories.length !== 1) throw new Error(`${memories.length} WebAssembly modules were instantiated, not one.`);
    return memories[0].buffer;
  };
}
