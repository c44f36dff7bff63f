// What happens to resources on a server between two pulls.

/** Each resource changes at most once, so that what a pull must count is certain. */
export async function changeOnce(server) {
  const [first, second] = living(server, "Patient");
  const observations = living(server, "Observation");
  const updated = [first, second, observations[10], observations[500]];
  for (const reference of updated) await server.update(reference, withTag("changed once"));
  const created = [];
  for (let turn = 0; turn < 3; turn += 1) created.push(await server.create(measurementOf(first, turn)));
  const deleted = [observations[20], observations[600], living(server, "Immunization")[3]];
  for (const reference of deleted) await server.delete(reference);
  return { updated, created, deleted };
}

/** Several versions of one resource: updated twice, deleted after an update, deleted and written again, never seen alive. */
export async function changeOften(server) {
  const [twice, goes, returns, still] = living(server, "Condition").slice(4);
  const body = JSON.parse((await server.read(returns)).text);
  await server.update(twice, withTag("first"));
  await server.update(twice, withTag("second"));
  await server.update(goes, withTag("last words"));
  await server.delete(goes);
  await server.delete(returns);
  await server.put(body);
  await server.delete(still);
  await server.put({ ...JSON.parse((await server.read(twice)).text), id: still.split("/")[1] });
  await server.delete(still);
  await server.delete(await server.create(measurementOf(living(server, "Patient")[0], 7)));
}

/** One write of a writer that goes on and on: mostly updates, some new, some deleted. */
export async function amend(server, turn) {
  const observations = living(server, "Observation");
  const reference = observations[(turn * 37) % observations.length];
  if (turn % 5 === 3) await server.delete(reference);
  else if (turn % 5 === 4) await server.create(measurementOf(living(server, "Patient")[0], turn));
  else await server.update(reference, withTag(`turn ${turn}`));
}

function living(server, type) {
  return server.references().filter((reference) => reference.startsWith(`${type}/`));
}

function withTag(code) {
  return (resource) => {
    resource.meta.tag = [{ system: "http://example.org/turns", code }];
  };
}

function measurementOf(patient, turn) {
  return {
    resourceType: "Observation",
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "29463-7", display: "Body Weight" }] },
    subject: { reference: patient },
    effectiveDateTime: new Date(Date.UTC(2024, 0, 1 + turn)).toISOString(),
    valueQuantity: { value: 70 + turn / 4, unit: "kg", system: "http://unitsofmeasure.org", code: "kg" },
  };
}
