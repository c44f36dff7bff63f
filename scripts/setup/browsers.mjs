// The browsers of the tests, their drivers, and a display for the one that needs it.

import { missing } from "./programs.mjs";

const PACKAGE_OF = {
  chromium: "chromium",
  chromedriver: "chromium-driver",
  "firefox-esr": "firefox-esr",
  WebKitWebDriver: "webkit2gtk-driver",
  "xvfb-run": "xvfb",
  xauth: "xauth",
};

export function browsers() {
  return missing(PACKAGE_OF, { what: "browsers for the tests", takes: "a minute" });
}
