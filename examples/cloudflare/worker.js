// A FHIR server in all of Cloudflare's places, over a replica in R2 that a cron pulls from another FHIR server.
//
//   npm install
//   echo 'READ_TOKEN="of-your-choice"' > .dev.vars
//   npm run dev                       then pull: curl http://localhost:8787/__scheduled
//   curl -H 'authorization: Bearer of-your-choice' 'http://localhost:8787/fhir/Patient?_count=5'
//
// wrangler.jsonc says which server is pulled from. To deploy: `wrangler r2 bucket create fhir-pull`, `wrangler secret put READ_TOKEN`,
// `npm run deploy`. A token for the source would be `token: (env) => env.SOURCE_TOKEN`.

import { fhirWorker, r2Store } from "fhir-pull/cloudflare";

export default fhirWorker({
  server: (env) => env.FHIR_SERVER,
  feeds: [{ history: "Patient" }, { history: "Observation" }],
  store: (env) => r2Store(env.BUCKET, "replica/"),
  // One reader who may read all. A reader of one patient's records would be { within: "Patient/123" }.
  authorize: async (request, env) =>
    Boolean(env.READ_TOKEN) && isSame(request.headers.get("authorization") ?? "", `Bearer ${env.READ_TOKEN}`),
});

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
async function isSame(one, other) {
  const digest = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return crypto.subtle.timingSafeEqual(await digest(one), await digest(other));
}
