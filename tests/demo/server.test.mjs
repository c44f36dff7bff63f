// The demo server as a web server: the page's files and policy, the token, and faults on demand.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { startDemo } from "../../scripts/demo/server.mjs";
import { staticFiles } from "../../scripts/demo/static.mjs";

async function withDemo(options, use) {
  const demo = await startDemo({ patients: 1, quiet: true, ...options });
  try {
    return await use(demo);
  } finally {
    await demo.close();
  }
}

test("files come with their MIME type and a strict Content-Security-Policy (S6)", async (t) => {
  const house = await mkdtemp(join(tmpdir(), "fhir-pull-demo-"));
  t.after(() => rm(house, { recursive: true }));
  await mkdir(join(house, "www", "parts"), { recursive: true });
  await mkdir(join(house, "pkg"));
  await writeFile(join(house, "www", "index.html"), "<!doctype html>");
  await writeFile(join(house, "www", ".hidden"), "hidden");
  await writeFile(join(house, "pkg", "engine_bg.wasm"), "wasm");
  await writeFile(join(house, "secret.txt"), "secret");
  await symlink(join(house, "secret.txt"), join(house, "www", "linked.txt"));
  const directory = (name) => pathToFileURL(join(house, name) + "/");
  const files = staticFiles({ "/": directory("www"), "/pkg/": directory("pkg") });

  const page = await files("/");
  assert.equal(page.status, 200);
  assert.equal(page.headers["Content-Type"], "text/html; charset=utf-8");
  assert.equal(page.headers["Cache-Control"], "no-store");
  assert.equal((await files("/pkg/engine_bg.wasm")).headers["Content-Type"], "application/wasm");

  const policy = page.headers["Content-Security-Policy"].split("; ");
  assert.ok(policy.includes("default-src 'none'"));
  assert.ok(policy.includes("script-src 'self' 'wasm-unsafe-eval'"));
  assert.ok(policy.every((rule) => !/unsafe-inline|'unsafe-eval'/.test(rule)));

  const outside = [
    ...["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/parts/..%5c..%5csecret.txt"],
    ...["/pkg/../secret.txt", "/linked.txt", "/.hidden", "/%00", "/%", "//etc/hostname", "/parts"],
    ...["/nothing.js", "/index.html/x"],
  ];
  for (const path of outside) {
    const { status, headers, body } = await files(path);
    assert.equal(status, 404, path);
    assert.match(headers["Content-Security-Policy"], /default-src 'none'/);
    assert.doesNotMatch(String(body), /secret\b|hidden/);
  }
});

test("over HTTP a traversal is refused too, and other methods are", () =>
  withDemo({}, async ({ url }) => {
    const response = await fetch(`${url}..%2fpackage.json`);
    assert.equal(response.status, 404);
    assert.match(response.headers.get("content-security-policy"), /frame-ancestors 'none'/);
    assert.equal((await fetch(url, { method: "POST" })).status, 405);
  }));

test("with a token, every FHIR request needs it", () =>
  withDemo({ token: "right" }, async ({ base }) => {
    const get = (path, token) =>
      fetch(`${base}/${path}`, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    for (const path of ["metadata", "Patient/example", "_history", "Patient"]) {
      const refused = await get(path, path === "Patient" ? "wrong" : undefined);
      assert.equal(refused.status, 401, path);
      assert.equal(refused.headers.get("access-control-allow-origin"), "*");
      const outcome = await refused.json();
      assert.equal(outcome.issue[0].code, "login");
      assert.doesNotMatch(JSON.stringify(outcome), /wrong|right/);
      assert.equal((await get(path, "right")).status, 200, path);
    }
  }));

test("faults: another answer, a body cut short, or the true answer, late", async () => {
  let asked = 0;
  const faults = async ({ url }, answer) => {
    asked += 1;
    if (url.endsWith("/bad-gateway")) {
      return { status: 502, headers: { "Content-Type": "text/html" }, body: "<h1>Bad gateway</h1>" };
    }
    if (url.includes("_count=cut")) return { ...(await answer()), cut: true };
    if (url.includes("example")) await new Promise((resolve) => setTimeout(resolve, 50));
    return undefined;
  };
  await withDemo({ faults }, async ({ base }) => {
    const html = await fetch(`${base}/Patient/bad-gateway`);
    assert.equal(html.status, 502);
    assert.equal(await html.text(), "<h1>Bad gateway</h1>");
    await assert.rejects(fetch(`${base}/Patient?_count=cut`).then((response) => response.text()));
    const started = performance.now();
    assert.equal((await fetch(`${base}/Patient/example`)).status, 200);
    assert.ok(performance.now() - started >= 45);
    assert.equal(asked, 3);
  });
});

test("two servers can run at once, and a taken port is an error", () =>
  withDemo({}, async (one) => {
    await withDemo({}, async (other) => assert.notEqual(other.port, one.port));
    await assert.rejects(startDemo({ patients: 0, port: one.port, quiet: true }), { code: "EADDRINUSE" });
  }));
