// The switch that cuts the network for the replica.

import { byTestId } from "./dom.js";

/** @param {import("./network.js").Network} network */
export function wireSwitch(network) {
  const button = byTestId("network-switch");
  button.addEventListener("click", () => network.switch(!network.on));
  network.addEventListener("change", () => {
    button.setAttribute("aria-checked", String(network.on));
    byTestId("network-state").textContent = network.on ? "on" : "off";
    byTestId("offline-note").hidden = network.on;
  });
}
