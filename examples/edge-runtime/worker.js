// Answers with a FHIR server's patients, pulled and searched in an edge function as Vercel runs them. start.js runs it
// on this machine.

import { openReplica } from "fhir-pull";

addEventListener("fetch", (event) => event.respondWith(answer()));

async function answer() {
  const replica = await openReplica({ name: "patients", server: process.env.FHIR_SERVER });
  try {
    await replica.pull(["Patient?_count=100", { history: "Observation" }]);
    const { total, entry = [] } = await replica.search("Patient?_sort=family,_id&_count=20");
    const observations = await replica.search("Observation?_summary=count");
    return Response.json({ patients: total, observations: observations.total, names: entry.map(nameOf) });
  } catch ({ code, message }) {
    return Response.json({ code, message }, { status: 502 });
  } finally {
    await replica.close();
  }
}

function nameOf({ resource: { name: [{ text, family, given = [] } = {}] = [] } }) {
  return text ?? [...given, family].join(" ");
}
