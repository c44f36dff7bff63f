// An application's service worker, set up as its own address says, so that one file serves all tests.

import { serveFromReplica, tokenClaims } from "fhir-pull/service-worker";

const { byClaims, byUser, ...options } = JSON.parse(new URL(self.location.href).searchParams.get("options"));
const { replica } = options;
if (byClaims) {
  options.replica = ({ request }) => {
    const { sub } = tokenClaims(request);
    return sub && { ...replica, name: `${replica.name} of ${sub}` };
  };
}
if (byUser) options.replica = ({ user }) => user && { ...replica, name: `${replica.name} of ${user}` };

serveFromReplica(options);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
