// A page, built by esbuild, that keeps a copy of a FHIR server's patients and observations in the browser.
//
//   npm install
//   npm run build      makes dist/
//   npm start          builds and serves it; then open the address that it prints
//
// esbuild follows no `new URL("...", import.meta.url)`: package.json names what the package asks for beside the page's own
// code, its worker and its WebAssembly, as entries of their own, and they lie in dist/ as they do in the package.
// Loaded again while the server is away, the page shows what it pulled before.

import { openReplica } from "fhir-pull";

const [status, numbers, list] = ["#status", "#numbers", "#patients"].map((id) => document.querySelector(id));

// The form puts the server's address into the page's own.
const server = new URLSearchParams(location.search).get("server");
if (server !== null) {
  document.querySelector("input").value = server;
  follow(server).catch((error) => (status.textContent = error.message));
}

async function follow(server) {
  // Each server has a replica of its own here. Opening asks the server nothing.
  const replica = await openReplica({ name: server, server });
  await draw(replica);
  const pulled = replica.pull(["Patient?_count=100", { history: "Observation" }], {
    onProgress: ({ feed, resources }) => (status.textContent = `${feed}: ${resources}`),
  });
  const outcome = await pulled.then(
    () => "Up to date.",
    ({ message }) => `Not up to date: ${message}`,
  );
  await draw(replica);
  status.textContent = outcome;
}

/** Shows what the replica answers; no request goes to the server. */
async function draw(replica) {
  const { total, meta, entry = [] } = await replica.search("Patient?_sort=family,_id&_count=20");
  const observations = await replica.search("Observation?_summary=count");
  // Without a time, a first pull has not been completed yet.
  const asOf = meta?.lastUpdated ?? "not all yet";
  numbers.textContent = `${total} patients, ${observations.total} observations (${asOf})`;
  list.replaceChildren(...entry.map(({ resource }) => lineOf(resource)));
}

function lineOf({ name: [{ text, family, given = [] } = {}] = [], birthDate = "" }) {
  const line = document.createElement("li");
  line.textContent = `${text ?? [...given, family].join(" ")} ${birthDate}`;
  return line;
}
