// Pulls patients and observations of a FHIR server into memory, and searches them there: in Deno.
//
//   npm install          or `deno install`
//   npx deno run --allow-net --allow-read main.js http://127.0.0.1:8080/fhir
//
// It reads its WebAssembly (--allow-read) and asks the server (--allow-net).

import { openReplica } from "fhir-pull";

const [server = "http://127.0.0.1:8080/fhir"] = Deno.args;

const replica = await openReplica({ name: "patients", server });
await replica.pull(["Patient?_count=100", { history: "Observation" }], {
  onProgress: ({ feed, resources }) => console.error(`${feed}: ${resources}`),
});

// From here on the server is asked nothing.
const { total, entry = [] } = await replica.search("Patient?_sort=family,_id&_count=20");
const observations = await replica.search("Observation?_summary=count");
console.log(`${total} patients, ${observations.total} observations`);
for (const { resource } of entry) console.log(nameOf(resource), resource.birthDate ?? "");
await replica.close();

function nameOf({ name: [{ text, family, given = [] } = {}] = [] }) {
  return text ?? [...given, family].join(" ");
}
