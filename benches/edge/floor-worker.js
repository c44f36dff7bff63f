// Runs inside workerd: answers a fixed body of so many bytes, which costs what any answer costs.

const bodies = new Map();

export default {
  fetch(request) {
    const bytes = Number(new URL(request.url).searchParams.get("bytes"));
    if (!bodies.has(bytes)) bodies.set(bytes, new Uint8Array(bytes).fill(32));
    return new Response(bodies.get(bytes), { headers: { "content-type": "application/fhir+json" } });
  },
};
