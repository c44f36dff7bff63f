// A replica for each patient, in a Durable Object of its own that pulls every minute once it was asked for, and a question to
// many of them at once.
//
//   npm install
//   echo 'READ_TOKEN="of-your-choice"' > .dev.vars
//   npm run dev
//   curl -H 'authorization: Bearer of-your-choice' 'http://localhost:8787/patients/123/fhir/Observation?_sort=-date&_count=1'
//   curl -H 'authorization: Bearer of-your-choice' 'http://localhost:8787/panel?patients=123,124&ask=Observation%3F_summary=count'
//
// The first answer of a patient is 503 with Retry-After, until what there is of them is pulled.

import { fhirShards } from "fhir-pull/cloudflare";

/** Objects that a panel may ask: an invocation has a thousand subrequests. */
const PANEL = 200;

const { FhirReplica, ...shards } = fhirShards({
  server: (env) => env.FHIR_SERVER,
  namespace: (env) => env.REPLICAS,
  shardOf: (request) => patientOf(request),
  base: (request) => `/patients/${patientOf(request)}/fhir`,
  feeds: (env, patient) => [{ references: [`Patient/${patient}`] }, `Observation?patient=${patient}`],
  // The object holds one patient's records and may hold what they refer to: the compartment narrows it to theirs.
  authorize: (request, env) => mayRead(request, env) && { within: `Patient/${patientOf(request)}` },
});

export { FhirReplica };
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/panel") return panel(request, env, url);
    if (!patientOf(request)) return new Response("Not found", { status: 404 });
    return shards.fetch(request, env);
  },
};

/** Asks the replicas of several patients the same. Each asks for itself whether the one who asks may read there. */
async function panel(request, env, { origin, searchParams }) {
  const patients = (searchParams.get("patients") ?? "").split(",").filter(Boolean).slice(0, PANEL);
  const answers = patients.map(async (patient) => {
    const url = `${origin}/patients/${encodeURIComponent(patient)}/fhir/${searchParams.get("ask") ?? "Observation"}`;
    const asked = new Request(url, { headers: request.headers });
    if (!patientOf(asked)) return { patient, status: 404 };
    const answer = await shards.fetch(asked, env);
    return { patient, status: answer.status, answer: await answer.json() };
  });
  return Response.json(await Promise.all(answers));
}

/** The patient's id in /patients/123/fhir/…; nothing where there is none. */
function patientOf(request) {
  return new URL(request.url).pathname.match(/^\/patients\/([A-Za-z0-9.-]{1,64})\/fhir(\/|$)/)?.[1];
}

function mayRead(request, env) {
  return Boolean(env.READ_TOKEN) && request.headers.get("authorization") === `Bearer ${env.READ_TOKEN}`;
}
