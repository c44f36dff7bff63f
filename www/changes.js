// Lets things happen on the demo server, and after the next pull shows that the copy has them.

import { byTestId, el, showProblem } from "./dom.js";
import { failureOf } from "./failures.js";
import { counted } from "./numbers.js";
import { DEMO_CHANGE, DEMO_SERVER } from "./replica.js";

const KINDS = { created: "New", updated: "Changed", deleted: "Deleted" };

/**
 * @param {{ session: import("./session.js").Session, network: import("./network.js").Network }} parts
 * @param {{ pull(): Promise<boolean> }} pull
 */
export function wireChanges({ session, network }, { pull }) {
  const button = byTestId("make-changes");
  const report = byTestId("changes-report");

  session.addEventListener("open", () => {
    button.hidden = session.replica.server !== DEMO_SERVER;
    button.disabled = false;
  });
  session.addEventListener("close", () => {
    button.hidden = true;
    report.hidden = true;
  });
  session.addEventListener("busy", ({ detail }) => (button.disabled = detail));

  button.addEventListener("click", async () => {
    button.disabled = true;
    showProblem(byTestId("pull-problem"));
    try {
      show(await makeChanges(network));
    } catch (error) {
      showProblem(byTestId("pull-problem"), failureOf(error, { networkOn: network.on }));
    } finally {
      button.disabled = false;
    }
  });

  /** What the server did, and a button that fetches it. */
  function show(changes) {
    const number = Object.keys(KINDS).reduce((sum, kind) => sum + changes[kind].length, 0);
    const items = Object.keys(KINDS).flatMap((kind) => changes[kind].map((reference) => item(kind, reference)));
    const again = el("button", { type: "button", class: "main", data: { testid: "pull-changes" } }, "Pull again");
    const outcome = el("p", { class: "outcome", role: "status", data: { testid: "changes-outcome" } });
    again.addEventListener("click", async () => {
      again.disabled = true;
      if (await pull()) outcome.textContent = await check(items);
      again.disabled = false;
    });
    report.hidden = false;
    report.replaceChildren(
      el("h3", { tabindex: "-1" }, "What the demo server did"),
      el("p", {}, `${counted(number, "change")}: ${changes.created.length} new, ${changes.updated.length} changed, ${changes.deleted.length} deleted. The copy doesn’t know yet.`),
      el("div", { class: "actions" }, again),
      outcome,
      el("ul", { class: "change-list" }, ...items.map(({ element }) => element)),
    );
    report.querySelector("h3").focus();
  }

  /** Reads each changed resource from the copy. */
  async function check(items) {
    const states = await Promise.all(
      items.map(async ({ kind, reference, say }) => {
        const { state, good } = await stateOf(session.replica, kind, reference);
        say(state, good);
        return good;
      }),
    );
    const good = states.filter(Boolean).length;
    return `${good} of ${counted(states.length, "change")} are in this copy now.`;
  }
}

/** @returns {Promise<{ created: string[], updated: string[], deleted: string[] }>} as references */
async function makeChanges(network) {
  let response;
  try {
    response = await network.fetch(DEMO_CHANGE, { method: "POST" });
  } catch {
    throw Object.assign(new Error("The demo server could not be reached."), { code: "network" });
  }
  if (!response.ok) throw new Error(`The demo server did not make changes (HTTP ${response.status}).`);
  return response.json();
}

function item(kind, reference) {
  const state = el("span", { class: "change-state", data: { value: "state" } }, "not pulled yet");
  const element = el("li", { data: { kind, reference } }, el("b", {}, KINDS[kind]), el("code", {}, reference), state);
  const say = (words, good) => {
    state.textContent = words;
    element.dataset.good = good;
  };
  return { kind, reference, element, say };
}

async function stateOf(replica, kind, reference) {
  try {
    const resource = await replica.read(reference);
    if (resource === undefined) return { state: "not in the copy: no feed covers it", good: false };
    const version = `version ${resource.meta?.versionId ?? "unknown"}`;
    return kind === "deleted"
      ? { state: `still in the copy, ${version}`, good: false }
      : { state: `in the copy, ${version}`, good: true };
  } catch (error) {
    if (error.code !== "gone") throw error;
    return { state: "deleted here too", good: kind === "deleted" };
  }
}
