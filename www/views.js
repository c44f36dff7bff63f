// Which of the page's views is shown, in step with the address and the back button. The address
// names the view only; the id of an open patient is kept beside it, since addresses get shared.

import { byTestId } from "./dom.js";

const NAMES = ["copy", "patients", "search"];

export class Views {
  #onPatient;

  /** @param {(id: string | undefined) => void} onPatient is told which patient is open now, if any */
  constructor(onPatient) {
    this.#onPatient = onPatient;
    for (const link of document.querySelectorAll("[data-view-link]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.go(link.dataset.viewLink);
      });
    }
    addEventListener("popstate", () => this.#show());
  }

  /** Shows what the address says. */
  start() {
    this.#show({ focus: false });
  }

  /** Goes to a view, or to a patient. */
  go(view, patient) {
    history.pushState({ patient }, "", `#${view}`);
    this.#show();
  }

  #show({ focus = true } = {}) {
    const named = location.hash.slice(1);
    const shown = NAMES.includes(named) ? named : "copy";
    for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== shown;
    for (const link of document.querySelectorAll("[data-view-link]")) {
      if (link.dataset.viewLink === shown) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const patient = shown === "patients" ? history.state?.patient : undefined;
    this.#onPatient(patient);
    if (!focus) return;
    scrollTo(0, 0);
    if (patient === undefined) document.querySelector(`[data-view="${shown}"] h1`).focus({ preventScroll: true });
  }
}

/** Says something to those who can't see that it happened. */
export function announce(sentence) {
  byTestId("announcer").textContent = sentence;
}
