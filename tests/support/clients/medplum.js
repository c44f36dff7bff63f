// An application with Medplum's client. It knows nothing of fhir-pull.

import { MedplumClient } from "@medplum/core";

export function clientOf(server, token) {
  const { origin, pathname } = new URL(server);
  const client = new MedplumClient({ baseUrl: origin, fhirUrlPath: pathname.slice(1), cacheTime: 0, maxRetries: 0 });
  if (token) client.setAccessToken(token);
  return {
    read: (type, id) => client.readResource(type, id),
    search: (type, parameters) => client.search(type, new URLSearchParams(parameters)),
    // It has no search by POST of its own.
    searchByPost: (type, parameters) =>
      client.post(client.fhirUrl(type, "_search"), String(new URLSearchParams(parameters)), "application/x-www-form-urlencoded"),
    async all(type, parameters) {
      const resources = [];
      for await (const page of client.searchResourcePages(type, new URLSearchParams(parameters))) resources.push(...page);
      return resources;
    },
    statusOf: (thrown) => thrown.outcome?.issue?.[0]?.code,
  };
}
