// Opens the user's browser at a URL, where there is a user who can see it.

import { spawn } from "node:child_process";
import { onPath } from "./run.mjs";

const OPENERS = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] };

/** Does nothing where there is no screen or no way to open a browser. */
export function openPage(url) {
  if (process.env.CI || !hasScreen()) return;
  const [program, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  if (!onPath(program)) return;
  spawn(program, [...args, url], { stdio: "ignore", detached: true }).on("error", () => {}).unref();
}

function hasScreen() {
  if (Object.hasOwn(OPENERS, process.platform)) return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}
