// `npm start`: builds the package and serves the page, with a FHIR server of its own to pull from.

import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { openPage } from "./open-page.mjs";
import { Failure, main } from "./run.mjs";
import { setup } from "./setup.mjs";

const DEFAULT_PORT = "8080";
const DEFAULT_PATIENTS = "200";
const MOST_PATIENTS = 100_000;

function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: DEFAULT_PORT },
      patients: { type: "string", default: DEFAULT_PATIENTS },
      "no-open": { type: "boolean", default: false },
    },
  });
  return {
    port: wholeNumber("--port", values.port, 0, 65_535),
    patients: wholeNumber("--patients", values.patients, 1, MOST_PATIENTS),
    open: !values["no-open"],
  };
}

function wholeNumber(option, text, least, most) {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Failure(`${option} takes a whole number from ${least} to ${most}, not "${text}".`);
}

async function serve(port, patients) {
  // Only now: its packages have been set up.
  const { startDemo } = await import("./demo/server.mjs");
  try {
    return await startDemo({ port, patients });
  } catch (error) {
    if (error.code === "EADDRINUSE") {
      throw new Failure(`Port ${port} is in use: give another one, \`npm start -- --port ${port + 1}\`, or 0 for any.`);
    }
    if (error.code === "EACCES") throw new Failure(`Port ${port} may not be used by you: give one above 1023.`);
    throw error;
  }
}

await main(import.meta.url, async (args) => {
  const { port, patients, open } = optionsOf(args);
  await setup(["rust", "npm", "wasm"]);
  await build();
  const { url, base, close } = await serve(port, patients);
  console.log(`\nThe page:         ${url}\nThe FHIR server:  ${base}\nCtrl-C ends both.`);
  if (open) openPage(url);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await close();
      process.exit(0);
    });
  }
});
