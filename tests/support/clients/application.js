// What each of the three applications shows, by the client that it is bundled with.

import { clientOf } from "client";

/** @param {{ server: string, token?: string, patient: string, code: string, gone: string }} what */
window.show = async ({ server, token, patient, code, gone }) => {
  const client = clientOf(server, token);
  const id = (resource) => `${resource.resourceType}/${resource.id}`;
  const found = (bundle) => (bundle.entry ?? []).map(({ resource }) => JSON.stringify(resource)).sort();
  const refused = (asked) => asked.then(() => "answered", (thrown) => client.statusOf(thrown) ?? String(thrown));
  return {
    patient: JSON.stringify(await client.read("Patient", patient)),
    latest: found(await client.search("Observation", { patient, code, _sort: "-date", _count: "5" })),
    posted: found(await client.searchByPost("Observation", { patient, code })),
    paged: (await client.all("Patient", { _count: "7" })).map(id).sort(),
    gone: await refused(client.read("Observation", gone)),
    uncovered: await refused(client.search("Practitioner", { name: "a" })),
  };
};
