// S7: browsers clear storage when space is short, or after a while without a visit. A person may ask
// them not to.

import { byTestId } from "./dom.js";

/** @param {{ session: import("./session.js").Session }} parts */
export function wireKeep({ session }) {
  const [button, report] = [byTestId("keep"), byTestId("keep-report")];

  session.addEventListener("status", async () => {
    const held = session.status.generation > 0 && session.status.store === "indexeddb";
    button.hidden = !held || !navigator.storage?.persist || (await navigator.storage.persisted());
  });
  session.addEventListener("close", () => {
    button.hidden = true;
    report.textContent = "";
  });
  button.addEventListener("click", async () => {
    const kept = await navigator.storage.persist();
    button.hidden = kept;
    report.textContent = kept
      ? "The browser keeps it until you remove it."
      : "The browser does not promise to keep it: it may clear the copy when space is short. The server is not affected.";
  });
}
