// Answers with a FHIR server's patients, pulled and searched in workerd, the runtime of Cloudflare Workers.
//
//   npm install
//   FHIR_SERVER=http://127.0.0.1:8080/fhir npm start       then ask http://127.0.0.1:3000
//
// esbuild makes dist/worker.js and puts the WebAssembly beside it; workerd.capnp names both. Wrangler does both by itself. Here a replica
// lives as long as a request: what keeps one for longer is a store, for which there is the package's Cloudflare entry.

import { openReplica } from "fhir-pull";

export default {
  async fetch(request, { FHIR_SERVER: server }) {
    const replica = await openReplica({ name: "patients", server });
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
  },
};

function nameOf({ resource: { name: [{ text, family, given = [] } = {}] = [] } }) {
  return text ?? [...given, family].join(" ");
}
