// The two engines that pass the same tests: in this thread, and behind the two ports of a channel.

import { opener } from "../../pkg-template/open.js";
import { answerOn } from "../../pkg-template/worker-side.js";
import { double } from "./double.mjs";

export const SERVER = "http://fhir.test/r4";

/** What stands for the table of a version where no search looks into it. */
export const definitionsOf = async (version) => `definitions of ${version}`;

export const ENGINES = {
  inline: () => {
    const { wasm, log } = double();
    return { ...opener({ definitionsOf, load: async () => wasm }), log };
  },
  worker: () => {
    const { wasm, log } = double();
    const spawn = () => {
      const { port1, port2 } = new MessageChannel();
      answerOn(port2, async () => wasm);
      return Object.assign(port1, { terminate: () => port1.close() });
    };
    return { ...opener({ definitionsOf, load: () => Promise.reject(new Error("not inline")), spawn }), log };
  },
};

/** A `fetch` for the double's server: `answer(path, request)` gives a body to send as JSON, or a Response. */
export function server(answer) {
  return async (request) => {
    const given = await answer(request.url.slice(SERVER.length + 1), request);
    const response = given instanceof Response ? given : Response.json(given);
    // A constructed Response has no address; one that came over the network has.
    return response.url ? response : Object.defineProperty(response, "url", { value: request.url });
  };
}

export const bundleOf = (...resources) => ({
  resourceType: "Bundle",
  type: "searchset",
  entry: resources.map((resource) => ({ resource })),
});

export const patient = (id) => ({ resourceType: "Patient", id });

const { setTimeout } = globalThis;

/** Waits until the condition holds; fails the test when it never does. */
export async function until(condition, what) {
  for (let tries = 0; tries < 400; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never: ${what}`);
}

/** Time for what must not happen. */
export const aWhile = () => new Promise((resolve) => setTimeout(resolve, 60));
