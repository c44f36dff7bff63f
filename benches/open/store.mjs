/**
 * Profiles that hold a contender's store of so many resources. One is made once and kept under
 * target/, as long as the package and the contender's own module stay as they are.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { originBytes } from "../browser-profile.mjs";
import { inChromium, inPage } from "../chromium.mjs";
import { serve } from "../serve.mjs";
import { Source } from "./population.mjs";

const FORMAT = 1;

/**
 * The store, made where there is none that is of use.
 * @param {{ root: string, contender: string, module: string, size: number, fresh: boolean,
 *   log: (sentence: string) => void }} options `module` is that of the contender.
 * @returns {Promise<{ profile: string, answers: object, seconds: number, bytes: number }>} `seconds`
 *   that the making took, whenever that was; `bytes` on disk after it.
 */
export async function store({ root, contender, module, size, fresh, log }) {
  const folder = path.join(root, "target", "bench-profiles", `open-${contender}-${size}`);
  const profile = path.join(folder, "profile");
  const note = path.join(folder, "made.json");
  const of = await fingerprint(root, module);
  if (!fresh && existsSync(note)) {
    const made = JSON.parse(await readFile(note, "utf8"));
    if (made.of === of) return { ...made, profile };
  }
  log(`Making ${contender}'s store of ${size} resources; it is kept for later runs.`);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(profile, { recursive: true });
  const source = new Source(size);
  const { port, close } = await serve(root, (url) => source.page(pageAsked(url)));
  const start = performance.now();
  try {
    const call = { module: "/bench/open/page.js", name: "make", message: { contender, pages: source.pages } };
    await inChromium({ profile, port }, (context) => inPage(context, call));
  } finally {
    await close();
  }
  const seconds = (performance.now() - start) / 1000;
  const made = { of, seconds, bytes: await originBytes(profile), answers: source.answers() };
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
async function fingerprint(root, module) {
  const hash = createHash("sha256").update(String(FORMAT));
  const folder = path.join(root, "pkg");
  const own = path.join(root, "benches", "contenders", `${module}.js`);
  const names = module === "fhir-pull" ? await readdir(folder, { recursive: true }) : [];
  const files = [own, ...names.filter((name) => /\.(js|wasm)$/.test(name)).sort().map((name) => path.join(folder, name))];
  for (const file of files) hash.update(await readFile(file));
  return hash.digest("hex");
}
