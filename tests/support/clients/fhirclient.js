// An application with fhirclient.js. It knows nothing of fhir-pull.

import FHIR from "fhirclient";

export function clientOf(server, token) {
  const client = FHIR.client({ serverUrl: server, tokenResponse: token ? { access_token: token } : undefined });
  return {
    read: (type, id) => client.request(`${type}/${id}`),
    search: (type, parameters) => client.request(`${type}?${new URLSearchParams(parameters)}`),
    searchByPost: (type, parameters) =>
      client.request({
        url: `${type}/_search`,
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: String(new URLSearchParams(parameters)),
      }),
    all: (type, parameters) => client.request(`${type}?${new URLSearchParams(parameters)}`, { pageLimit: 0, flat: true }),
    statusOf: (thrown) => thrown.statusCode ?? thrown.status,
  };
}
