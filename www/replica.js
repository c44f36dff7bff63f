// Where the package and the demo server are, in one place.

/** The base URL of the demo server that `npm start` brings along. */
export const DEMO_SERVER = new URL("./fhir", import.meta.url).href;

/** POST lets things happen on the demo server. */
export const DEMO_CHANGE = new URL("./demo/change", import.meta.url).href;

/** The package; a sentence where it was not built. */
export async function thePackage() {
  try {
    return await import("./pkg/browser.js");
  } catch (cause) {
    throw new Error("The fhir-pull package could not be loaded. Run `npm run build`, then reload this page.", { cause });
  }
}
