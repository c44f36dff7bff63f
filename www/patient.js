// One patient's record, kept fresh for as long as it is open.

import { clock } from "./dates.js";
import { el } from "./dom.js";
import { eventsOf, LANES } from "./events.js";
import { failureOf } from "./failures.js";
import { coverage } from "./feeds.js";
import { list } from "./fhir.js";
import { follow } from "./follow.js";
import { plot } from "./plot.js";
import { allergies, conditions, demographics, medications, nameOf, none, warning } from "./record.js";
import { seriesOf } from "./series.js";
import { timeline } from "./timeline.js";
import { announce } from "./views.js";

const TYPES = ["AllergyIntolerance", "Observation", ...Object.keys(LANES)];

export class PatientRecord {
  #replica;
  #stops = [];
  #held = new Map();
  #feeds = [];
  #years = new Set();
  #chosen;
  #parts;
  #frame = 0;
  #toDraw = new Set();
  #place;

  /**
   * @param {import("./session.js").Session} session an open one
   * @param {string} id
   * @param {HTMLElement} place
   * @param {() => void} onClose
   */
  constructor(session, id, place, onClose) {
    this.#replica = session.replica;
    this.#feeds = session.status.feeds;
    this.#place = place;
    this.#parts = this.#skeleton(onClose);
    place.hidden = false;
    this.#watch("Patient", `Patient?_id=${id}`);
    for (const type of TYPES) this.#watch(type, `${type}?patient=${id}`);
    this.#parts.title.focus({ preventScroll: true });
  }

  /** Says how complete the copy is now. */
  covered(feeds) {
    if (JSON.stringify(feeds) === JSON.stringify(this.#feeds)) return;
    this.#feeds = feeds;
    this.#drawSoon(...TYPES);
  }

  close() {
    for (const stop of this.#stops) stop();
    cancelAnimationFrame(this.#frame);
    this.#place.hidden = true;
    this.#place.replaceChildren();
  }

  #watch(type, query) {
    const onBundle = (bundle) => {
      const fresh = this.#held.has(type);
      this.#held.set(type, list(bundle.entry).map(({ resource }) => resource).filter(Boolean));
      if (fresh) this.#tellUpdate(type);
      this.#drawSoon(type);
    };
    const onError = (error) => {
      this.#held.set(type, failureOf(error));
      this.#drawSoon(type);
    };
    this.#stops.push(follow(this.#replica, query, onBundle, onError));
  }

  #tellUpdate(type) {
    this.#parts.updated.textContent = `Updated ${clock(Date.now())}`;
    announce(`The open record was updated: ${type}.`);
  }

  #drawSoon(...types) {
    for (const type of types) this.#toDraw.add(type);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const drawn = [...this.#toDraw];
      this.#toDraw.clear();
      this.#draw(new Set(drawn));
    });
  }

  #draw(types) {
    const parts = this.#parts;
    if (types.has("Patient")) this.#drawPatient();
    if (types.has("AllergyIntolerance")) this.#fill(parts.allergies, "AllergyIntolerance", allergies);
    if (types.has("Condition")) this.#fill(parts.conditions, "Condition", conditions);
    if (types.has("MedicationRequest")) this.#fill(parts.medications, "MedicationRequest", medications);
    if (types.has("Observation")) this.#fill(parts.plot, "Observation", (held, cover) => this.#plot(held, cover));
    if (Object.keys(LANES).some((type) => types.has(type))) this.#drawTimeline();
  }

  #drawPatient() {
    const [patient] = this.#resources("Patient");
    this.#parts.title.textContent = patient ? nameOf(patient) : "This patient is not in the copy";
    this.#parts.who.replaceChildren(
      patient ? demographics(patient) : el("p", {}, "Never pulled, or deleted on the server since. What refers to the patient is shown below."),
    );
  }

  #fill(part, type, build) {
    const held = this.#held.get(type);
    if (held === undefined) return;
    const unfolded = new Set([...part.querySelectorAll("details[open]")].map(({ dataset }) => dataset.part));
    const failed = !Array.isArray(held);
    part.replaceChildren(failed ? problem(held) : build(held, coverage(this.#feeds, type)));
    for (const details of part.querySelectorAll("details")) if (unfolded.has(details.dataset.part)) details.open = true;
  }

  #plot(observations, cover) {
    const all = seriesOf(observations);
    if (all.length === 0) return none("measured values", "Observation", cover);
    const chosen = all.find(({ key }) => key === this.#chosen) ?? all[0];
    const option = ({ key, label, unit, size }) =>
      el("option", { value: key, selected: key === chosen.key }, `${label}${unit && ` (${unit})`}: ${size}`);
    const group = (label, some) => some.length > 0 && el("optgroup", { label }, ...some.map(option));
    const figure = el("div", {}, plot(chosen));
    const select = el(
      "select",
      { data: { testid: "plot-code" } },
      group("Laboratory", all.filter(({ laboratory }) => laboratory)),
      group("Other", all.filter(({ laboratory }) => !laboratory)),
    );
    select.addEventListener("change", () => {
      this.#chosen = select.value;
      figure.replaceChildren(plot(all.find(({ key }) => key === select.value)));
    });
    const choice = el("label", { class: "field" }, el("span", {}, "Value"), select);
    return el("div", {}, choice, figure, warning("Observation", cover));
  }

  #drawTimeline() {
    const types = Object.keys(LANES);
    if (!types.every((type) => this.#held.has(type))) return;
    const events = eventsOf(types.flatMap((type) => this.#resources(type)));
    if (this.#years.size === 0 && events.length > 0) this.#years.add(Number(events[0].date.slice(0, 4)));
    const failures = types.map((type) => this.#held.get(type)).filter((held) => !Array.isArray(held));
    const nothing = () => none("events", "Encounter", coverage(this.#feeds, "Encounter"));
    const warnings = types.map((type) => events.length > 0 && warning(type, coverage(this.#feeds, type))).filter(Boolean);
    this.#parts.timeline.replaceChildren(
      ...failures.map(problem),
      ...warnings,
      events.length > 0 ? timeline(events, this.#years) : nothing(),
    );
  }

  #resources(type) {
    const held = this.#held.get(type);
    return Array.isArray(held) ? held : [];
  }

  #skeleton(onClose) {
    const title = el("h2", { id: "patient-title", tabindex: "-1", data: { testid: "patient-title" } }, "…");
    const updated = el("p", { class: "quiet updated", data: { testid: "patient-updated" } });
    const who = el("div", { class: "who" });
    const part = (testid) => el("div", { data: { testid } });
    const section = (heading, body, kind = "card") =>
      el("section", { class: kind, "aria-label": heading }, el("h3", {}, heading), body);
    const parts = { title, updated, who };
    for (const name of ["allergies", "conditions", "medications", "plot", "timeline"]) {
      parts[name] = part(name === "plot" ? "plot-part" : name);
    }
    this.#place.replaceChildren(
      el(
        "header",
        { class: "record-head" },
        el("button", { type: "button", class: "back", data: { testid: "patient-close" }, on: { click: onClose } }, "Back to the list"),
        title,
        updated,
        who,
      ),
      section("Allergies", parts.allergies, "card allergies"),
      el(
        "div",
        { class: "halves" },
        section("Conditions", parts.conditions),
        section("Medications", parts.medications),
      ),
      section("Measured values", parts.plot),
      section("Timeline", parts.timeline),
    );
    return parts;
  }
}

function problem({ sentence, advice }) {
  return el("div", { class: "problem" }, el("p", {}, sentence), advice && el("p", {}, advice));
}
