// What the browser says about this origin's storage: whether it may evict it, and how much room there
// is. The platform's StorageManager, asked on the page where there is one: `persist` is not to be had
// in a worker. Nothing it says or refuses is a reason for a call to fail.

/** Asks the browser to keep what this origin stored until the user removes it. Firefox asks the user. */
export async function persist() {
  return (await asked("persist")) ?? (await asked("persisted")) ?? false;
}

/** @returns {Promise<{ persisted: boolean, quota?: number, usage?: number }>} bytes, estimates of the browser */
export async function room() {
  const [persisted = false, { quota, usage } = {}] = await Promise.all([asked("persisted"), asked("estimate")]);
  return { persisted, ...(quota === undefined ? {} : { quota, usage }) };
}

/** The StorageManager's answer, or nothing where it has none. */
async function asked(what) {
  try {
    return await navigator.storage[what]();
  } catch {
    return undefined;
  }
}
