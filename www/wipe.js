// Wiping the copy, once confirmed, and saying what was removed.

import { byTestId } from "./dom.js";
import { failureOf } from "./failures.js";
import { bytes, counted } from "./numbers.js";

/** @param {{ session: import("./session.js").Session }} parts */
export function wireWipe({ session }) {
  const [button, dialog, report] = [byTestId("wipe"), byTestId("wipe-dialog"), byTestId("wipe-report")];

  session.addEventListener("open", () => {
    button.disabled = false;
    report.textContent = "";
  });
  session.addEventListener("close", () => (button.disabled = true));
  session.addEventListener("busy", ({ detail }) => (button.disabled = detail || !session.replica));

  button.addEventListener("click", () => {
    const resources = session.status.types.reduce((sum, type) => sum + type.resources, 0);
    byTestId("wipe-what").textContent =
      `This removes the ${counted(resources, "resource")} of the copy “${session.replica.name}” from this device, ` +
      "database and all. The server is not touched.";
    dialog.returnValue = "keep";
    dialog.showModal();
  });

  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "wipe") return;
    try {
      const removed = await session.wipe();
      report.textContent = `Wiped: ${counted(removed.values, "stored value")}, ${bytes(removed.bytes)}. Nothing is left.`;
      byTestId("connect").focus();
    } catch (error) {
      report.textContent = failureOf(error).sentence;
    }
  });
}
