// Finding files below a folder.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** All files at or below `path`, in a stable order; none where there is no such path. */
export function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}
