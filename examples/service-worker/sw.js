// The service worker of index.html: FHIR from a replica where the server can't be reached, and the page itself from a cache.

import { serveFromReplica } from "./fhir-pull/service-worker.js";

serveFromReplica({
  server: "/fhir",
  // An open server, one replica for all. With tokens give each user one: replica: ({ request }) => ... tokenClaims(request).sub
  replica: { name: "ward" },
  anonymous: true,
  feeds: ["Patient?_count=500"],
  policy: "network-first",
});

// What follows is the application's own, as any that works offline has it.
const SHELL = "shell-1";
const FILES = ["./", "./index.html"];

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.respondWith(fetch(event.request).catch(async () => (await caches.match(event.request, { ignoreSearch: true })) ?? Response.error()));
});
