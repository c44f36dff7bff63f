// What `npm pack` takes is all that the build has made: what `files` forgets works here and nowhere else.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PACKAGE = fileURLToPath(new URL("../../pkg", import.meta.url));

test("the tarball has every file that was built", async () => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json"], { cwd: PACKAGE });
  const packed = JSON.parse(stdout)[0].files.map(({ path }) => path);
  const entries = await readdir(PACKAGE, { recursive: true, withFileTypes: true });
  const built = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const names = built.map((path) => relative(PACKAGE, path).split(sep).join("/"));
  assert.deepEqual(packed.sort(), names.filter((name) => !name.endsWith(".tgz")).sort());
});
