// What the demo server holds when it starts.

import { Changes } from "./changes.mjs";
import { exampleResources } from "./examples.mjs";
import { Log } from "./log.mjs";
import { patientRecords, sharedResources } from "./population.mjs";

/** Long enough for no incremental pull to read again, out of caution, what came before. */
const QUIET = 60 * 60 * 1000;

/**
 * A log that looks as if one record a second had arrived until an hour ago, and as if life had gone
 * on then: it has amended versions and deletions from the start.
 */
export function loadedLog({ patients, seed, say }) {
  const started = performance.now();
  const log = new Log();
  let time = Date.now() - QUIET - (patients + 2) * 1000;
  for (const { type, id, text } of exampleResources()) log.put(type, id, text, { time });
  const examples = log.length;
  const put = (resource) => log.put(resource.resourceType, resource.id, JSON.stringify(resource), { time });
  time += 1000;
  for (const resource of sharedResources({ seed })) put(resource);
  let told = performance.now();
  let count = 0;
  for (const resource of patientRecords({ patients, seed })) {
    if (resource.resourceType === "Patient") {
      count += 1;
      time += 1000;
      if (performance.now() - told > 1000) {
        told = performance.now();
        say(`${count} of ${patients} patients`);
      }
    }
    put(resource);
  }
  new Changes(log, `${seed} before`).make({ creates: 0, updates: patients >> 2, deletes: patients >> 4 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`${patients} invented patients and ${examples} HL7 examples, ${log.length} versions, in ${seconds} s`);
  return log;
}
