// What a server, or the way to it, can do wrong while the package pulls in a real Chromium. Each ends
// in a FhirPullError with its code and a sentence, and what was stored before is still there.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { Browser } from "../support/chromium.mjs";
import { scriptedServer, searchset } from "../support/scripted-server.mjs";
import { pageServer } from "../support/serve.mjs";
import { inChromium, Replica } from "../support/subjects.mjs";

const TOKEN = "not-for-others-7f3a";
const SECRET = "Zylberstein";
const HTML = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>It works!</body></html>";
/** No single failure may keep an application waiting longer, retries included. */
const BOUND_MS = 90_000;

const meta = { versionId: "1", lastUpdated: "2026-01-05T10:00:00.000Z" };
const PATIENTS = ["a", "b", "c"].map((id) => ({ resourceType: "Patient", id, meta, name: [{ family: SECRET }] }));
const OBSERVATION = { resourceType: "Observation", id: "o", meta, status: "final", code: { text: SECRET } };

const html = (status, text = HTML) => () => ({ status, type: "text/html; charset=utf-8", body: text });
const fhir = (body) => () => ({ body });
const WHOLE = JSON.stringify(searchset([OBSERVATION]));

/** What the search of Observations answers, and the code that the pull must reject with. */
const FAULTS = [
  { title: "R8: an HTML page where FHIR was expected", answer: html(200), code: "not-fhir", status: 200 },
  { title: "an HTML error page", answer: html(500), code: "http", status: 500 },
  { title: "an HTML page that says 404", answer: html(404), code: "not-found", status: 404 },
  { title: "R8: an empty answer", answer: fhir(""), code: "not-fhir", status: 200 },
  {
    title: "R8: JSON that is not FHIR",
    answer: () => ({ type: "application/json", body: { ok: true } }),
    code: "not-fhir",
    status: 200,
  },
  { title: "W2: a body whose connection ends in its middle", answer: () => ({ body: WHOLE, cutAfter: 100 }), code: "network" },
  { title: "a body that ends in its middle", answer: fhir(WHOLE.slice(0, -40)), code: "malformed", status: 200 },
  {
    title: "an entry without id",
    answer: fhir(searchset([{ ...OBSERVATION, id: undefined }])),
    code: "malformed",
  },
  { title: "W4: a token that the server refuses", answer: () => ({ status: 401 }), code: "denied", status: 401 },
  { title: "R2: a token that does not allow this", answer: () => ({ status: 403 }), code: "denied", status: 403 },
  {
    title: "W1: a server that asks for an hour's patience",
    answer: () => ({ status: 429, headers: { "Retry-After": "3600", "Access-Control-Expose-Headers": "Retry-After" } }),
    code: "busy",
    status: 429,
  },
  {
    title: "P3: a next link that leads in a circle",
    answer: ({ path }) => ({ body: searchset([OBSERVATION], path) }),
    code: "link-cycle",
  },
];

describe("bad answers", () => {
  let browser;
  let pages;
  let page;
  let server;
  /** @type {Replica} */
  let replica;
  let answer;

  before(async () => {
    server = await scriptedServer((request) => {
      // It tells nobody what it can do.
      if (request.path.endsWith("/metadata")) return { status: 404 };
      if (request.path.startsWith("/fhir/Patient")) return { body: searchset(PATIENTS) };
      return answer(request);
    });
    pages = await pageServer();
    browser = await Browser.launch();
    page = await browser.page(pages.origin);
    replica = await open();
    await replica.pull(["Patient?_count=10"]);
  });
  after(async () => {
    await browser?.remove();
    await pages?.close();
    await server?.close();
  });
  beforeEach(() => {
    server.requests.length = 0;
  });

  function open(base = `${server.origin}/fhir`, name = "steady") {
    return Replica.open(inChromium(page), { name, server: base, token: TOKEN });
  }

  async function rejection(pulled, feeds, code) {
    const started = Date.now();
    const { error } = await pulled.pull(feeds).then(
      () => ({}),
      (thrown) => ({ error: thrown }),
    );
    assert.ok(error, "the pull rejects");
    assert.ok(error.ours, `it rejects with a FhirPullError: ${error}`);
    assert.equal(error.code, code, error.sentence);
    assert.ok(Date.now() - started < BOUND_MS, `within ${BOUND_MS / 1000} s: it took ${Date.now() - started} ms`);
    assert.match(error.sentence, /^\S+( \S+){4,}[.!?]$/, "it is a sentence, which may begin with the server's address");
    for (const secret of [TOKEN, SECRET]) assert.ok(!error.sentence.includes(secret), "it gives nothing away");
    return error;
  }

  async function assertNothingLost() {
    const bundle = await replica.search("Patient?name=zylber");
    assert.deepEqual(bundle.entry.map(({ resource }) => resource.id).sort(), ["a", "b", "c"]);
  }

  for (const { title, answer: fault, code, status } of FAULTS) {
    test(`${title} is "${code}"`, async () => {
      answer = fault;
      const error = await rejection(replica, ["Observation?_count=10"], code);
      assert.equal(error.status, status);
      await assertNothingLost();
    });
  }

  test("W4: a refused token is asked for once more, not for ever", async () => {
    answer = () => ({ status: 401 });
    await rejection(replica, ["Observation?_count=10"], "denied");
    const searches = server.requests.filter(({ path }) => path.includes("/Observation"));
    assert.ok(searches.length <= 2, `${searches.length} searches`);
    assert.equal(server.requests[0].headers.authorization, `Bearer ${TOKEN}`);
  });

  test("W1: a server that asks for a second's patience gets it, and the pull completes", async () => {
    let asked = 0;
    answer = ({ path }) => {
      if (path.includes("_summary=count")) return { body: { ...searchset([]), total: 0 } };
      // What a page before a bad one brought: it is asked for by name, since the search tells of none.
      if (path.endsWith("/Observation/o")) return { status: 410 };
      asked += path.includes("_elements") ? 0 : 1;
      const headers = { "Retry-After": "1", "Access-Control-Expose-Headers": "Retry-After" };
      return asked === 1 ? { status: 503, headers } : { body: searchset([]) };
    };
    const started = Date.now();
    await replica.pull(["Observation?_count=10"]);
    assert.equal(asked, 2);
    assert.ok(Date.now() - started >= 900, "it waited");
  });

  test("P7, L6: the token never goes to another origin, by next link or by redirect", async () => {
    const other = await scriptedServer(() => ({ body: searchset([OBSERVATION]) }));
    try {
      const elsewhere = `${other.origin}/fhir/Observation?page=2`;
      answer = fhir(searchset([], elsewhere));
      await rejection(replica, ["Observation?_count=11"], "refused-link");
      answer = () => ({ status: 302, headers: { Location: elsewhere } });
      await rejection(replica, ["Observation?_count=12"], "refused-link");
      assert.deepEqual(other.requests, [], "the other origin was not even asked");
    } finally {
      await other.close();
    }
    await assertNothingLost();
  });

  test("S1: a next link beside the base on the same origin is refused", async () => {
    answer = fhir(searchset([], `${server.origin}/another-tenant/Observation?page=2`));
    await rejection(replica, ["Observation?_count=13"], "refused-link");
    assert.ok(server.requests.every(({ path }) => path.startsWith("/fhir/")));
    await assertNothingLost();
  });

  test("a base URL where there is no FHIR server is \"not-fhir\"", async () => {
    const web = await scriptedServer(html(200));
    try {
      await rejection(await open(web.origin, "web site"), ["Patient?_count=10"], "not-fhir");
    } finally {
      await web.close();
    }
  });

  test("a base URL where nothing listens is \"network\"", async () => {
    const gone = await scriptedServer(fhir(""));
    await gone.close();
    const error = await rejection(await open(gone.origin, "gone"), ["Patient?_count=10"], "network");
    assert.equal(error.retryable, true);
  });

  test("a base URL that is none is \"bad-input\"", async () => {
    for (const base of ["not a URL", "ftp://127.0.0.1/fhir", ""]) {
      await assert.rejects(open(base, "nowhere"), ({ ours, code }) => ours && code === "bad-input", base);
    }
  });

  test("after all of that and a reload, what was stored is there", async () => {
    await page.reload();
    replica = await open();
    await assertNothingLost();
  });
});
