/** Browser profiles: a fresh one for every run, and what a run has left in it. */

import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";

/** Calls `use` with a profile on the disk that the project is on, removed in the end. */
export async function inFreshProfile(root, use) {
  const folder = path.join(root, "target", "bench-profiles");
  await mkdir(folder, { recursive: true });
  const profile = await mkdtemp(path.join(folder, "run-"));
  try {
    return await use(profile);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * What the origin's stores take on the disk once the browser has ended: `navigator.storage.estimate()`
 * counts an OPFS file's rewritten bytes again, and IndexedDB's log before it is compacted.
 */
export async function originBytes(profile) {
  let bytes = 0;
  for (const store of ["IndexedDB", "File System", "WebStorage"]) {
    bytes += await folderBytes(path.join(profile, "Default", store));
  }
  return bytes;
}

async function folderBytes(folder) {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found = await Promise.all(names.map((name) => stat(path.join(folder, name))));
  return found.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
