// An application with fhir-kit-client. It knows nothing of fhir-pull.

import { Client } from "fhir-kit-client";

export function clientOf(server, token) {
  const client = new Client({ baseUrl: server });
  if (token) client.bearerToken = token;
  return {
    read: (resourceType, id) => client.read({ resourceType, id }),
    search: (resourceType, searchParams) => client.search({ resourceType, searchParams }),
    searchByPost: (resourceType, searchParams) =>
      client.search({ resourceType, searchParams, options: { postSearch: true } }),
    async all(resourceType, searchParams) {
      const resources = [];
      for (let page = await client.search({ resourceType, searchParams }); page; page = await client.nextPage({ bundle: page })) {
        resources.push(...(page.entry ?? []).map(({ resource }) => resource));
      }
      return resources;
    },
    statusOf: (thrown) => thrown.response?.status,
  };
}
