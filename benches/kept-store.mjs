/**
 * Profiles that hold a contender's store of a set. One is made once and kept under target/, as long
 * as the package and the modules that it is made with stay as they are.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { originBytes } from "./browser-profile.mjs";
import { inChromium, inPage } from "./chromium.mjs";
import { serve } from "./serve.mjs";

const FORMAT = 1;

/**
 * The store, made where there is none that is of use.
 * @param {{ root: string, name: string, title: string, modules: string[], packaged: boolean, page: string,
 *   contender: string, source: () => { pages: number, page: (n: number) => Buffer | undefined, answers: () => object },
 *   fresh: boolean, log: (sentence: string) => void }} options `modules` are the files below benches/ that
 *   the store depends on, and the package's where it is `packaged`; `page` is the module whose `make` fills it.
 * @returns {Promise<{ profile: string, answers: object, seconds: number, bytes: number }>} `seconds`
 *   that the making took, whenever that was; `bytes` on disk after it.
 */
export async function keptStore({ root, name, title, modules, packaged, page, contender, source, fresh, log }) {
  const folder = path.join(root, "target", "bench-profiles", name);
  const profile = path.join(folder, "profile");
  const note = path.join(folder, "made.json");
  const of = await fingerprint(root, modules, packaged);
  if (!fresh && existsSync(note)) {
    const made = JSON.parse(await readFile(note, "utf8"));
    if (made.of === of) return { ...made, profile };
  }
  log(`Making ${title}; it is kept for later runs.`);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(profile, { recursive: true });
  const from = source();
  const { port, close } = await serve(root, (url) => from.page(pageAsked(url)));
  const start = performance.now();
  try {
    const call = { module: page, name: "make", message: { contender, pages: from.pages } };
    await inChromium({ profile, port }, (context) => inPage(context, call));
  } finally {
    await close();
  }
  const seconds = (performance.now() - start) / 1000;
  const made = { of, seconds, bytes: await originBytes(profile), answers: from.answers() };
  await writeFile(note, JSON.stringify(made));
  log(`Made in ${seconds.toFixed(0)} s, ${(made.bytes / 1e6).toFixed(0)} MB on disk.`);
  return { ...made, profile };
}

/** Which page is asked for: `/pages/7` by number, or the system history by its links. */
function pageAsked(url) {
  const [, first, n] = url.pathname.split("/");
  return first === "pages" ? Number(n) : Number(url.searchParams.get("_page") ?? 0);
}

/** What a store depends on: another build may write another format, and the browser caches modules. */
async function fingerprint(root, modules, packaged) {
  const hash = createHash("sha256").update(String(FORMAT));
  const folder = path.join(root, "pkg");
  const own = modules.map((module) => path.join(root, "benches", module));
  const names = packaged ? await readdir(folder, { recursive: true }) : [];
  const files = [...own, ...names.filter((name) => /\.(js|wasm)$/.test(name)).sort().map((name) => path.join(folder, name))];
  for (const file of files) hash.update(await readFile(file));
  return hash.digest("hex");
}
