// Connecting: which server, with what token, and what it says it is.

import { copyName, serverAddress } from "./address.js";
import { byTestId, showProblem } from "./dom.js";
import { failureOf } from "./failures.js";
import { text } from "./fhir.js";
import { DEMO_SERVER } from "./replica.js";

const ASKING = "Asking the server…";

/** @param {{ session: import("./session.js").Session, network: import("./network.js").Network }} parts */
export function wireConnect({ session, network }) {
  const form = byTestId("connect-form");
  const other = form.querySelector("[data-part=other]");
  const connected = document.querySelector("[data-part=connected]");
  const problem = byTestId("connect-problem");
  const software = byTestId("connected-software");

  form.addEventListener("change", () => {
    other.hidden = form.elements.which.value !== "other";
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    showProblem(problem);
    const button = byTestId("connect");
    button.disabled = true;
    button.textContent = "Connecting…";
    try {
      await connect(wanted());
    } catch (error) {
      showProblem(problem, failureOf(error, { networkOn: network.on }));
      if (form.elements.which.value === "other") form.elements.server.focus();
    } finally {
      button.disabled = false;
      button.textContent = "Connect";
    }
  });

  byTestId("change-server").addEventListener("click", () => {
    showForm(true);
    form.elements.which[0].focus();
  });
  byTestId("connect-cancel").addEventListener("click", () => {
    showProblem(problem);
    showForm(false);
    byTestId("change-server").focus();
  });

  session.addEventListener("open", () => {
    const { server, name } = session.replica;
    byTestId("connected-server").textContent = server === DEMO_SERVER ? `The built-in demo server (${server})` : server;
    byTestId("connected-name").textContent = name;
  });
  session.addEventListener("close", () => showForm(true));

  /** What the form says. */
  function wanted() {
    const { which, server, token, name } = form.elements;
    if (which.value === "demo") return { server: DEMO_SERVER, name: "demo" };
    const address = serverAddress(server.value);
    return { server: address, name: name.value.trim() || copyName(address), token: token.value };
  }

  async function connect(which) {
    await session.open(which);
    form.elements.token.value = "";
    try {
      software.textContent = ASKING;
      software.textContent = describe(await session.capabilities());
    } catch (error) {
      // A server that never gave anything leaves no copy behind; an old copy works without its server.
      if (session.status.generation === 0) {
        await session.wipe();
        throw error;
      }
      software.textContent = notReached(error);
    }
    showForm(false);
    byTestId("pull").focus();
  }

  function notReached(error) {
    const { sentence } = failureOf(error, { networkOn: network.on });
    return `Not reached just now; the copy works without it. ${sentence}`;
  }

  function showForm(shown) {
    form.hidden = !shown;
    connected.hidden = shown;
    byTestId("connect-cancel").hidden = !session.replica;
  }

  return {
    /** Opens the copy that was open last, if there is one. */
    async reopen() {
      const last = session.remembered();
      if (!last) return;
      if (last.server !== DEMO_SERVER) {
        form.elements.which.value = "other";
        form.elements.server.value = last.server;
        form.elements.name.value = last.name;
        other.hidden = false;
      }
      await session.open(last);
      showForm(false);
      const { replica } = session;
      software.textContent = ASKING;
      const said = await session.capabilities().then(describe, notReached);
      // Meanwhile another server may have been chosen.
      if (session.replica === replica) software.textContent = said;
    },
  };
}

/** The server's name, version and FHIR version. */
function describe(capabilities) {
  const { software, implementation, fhirVersion } = capabilities;
  const named = [text(software?.name), text(software?.version)].filter(Boolean).join(" ");
  return [named || text(implementation?.description) || "A FHIR server", text(fhirVersion) && `FHIR ${text(fhirVersion)}`]
    .filter(Boolean)
    .join(", ");
}
