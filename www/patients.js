// The patients of the copy: a list by name and age, and the record of the one that is open.

import { age, readable } from "./dates.js";
import { byTestId, el } from "./dom.js";
import { failureOf } from "./failures.js";
import { humanName, list, text } from "./fhir.js";
import { follow as followed } from "./follow.js";
import { count, counted } from "./numbers.js";
import { PatientRecord } from "./patient.js";
import { patientQuery } from "./query.js";

const PAGE = 50;
/** How long typing may pause before the list follows. */
const PAUSE = 120;

/**
 * @param {{ session: import("./session.js").Session }} parts
 * @param {(id: string | undefined) => void} go opens a patient, or closes the open one
 */
export function wirePatients({ session }, go) {
  const form = byTestId("patient-search");
  const [people, outcome, more] = [byTestId("patient-list"), byTestId("patient-count"), byTestId("patient-more")];
  const [place, instead] = [byTestId("patient"), document.querySelector("[data-part=no-patient]")];
  const split = document.querySelector("[data-part=split]");
  let shown = PAGE;
  let stop = () => {};
  let timer;
  /** @type {PatientRecord | undefined} */
  let record;
  let openId;

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      shown = PAGE;
      follow();
    }, PAUSE);
  });
  more.addEventListener("click", () => {
    shown += PAGE;
    follow();
  });
  session.addEventListener("open", () => {
    follow();
    openRecord();
  });
  session.addEventListener("status", () => record?.covered(session.status.feeds));
  session.addEventListener("close", () => {
    stop();
    closeRecord();
    people.replaceChildren();
    more.hidden = true;
    outcome.textContent = NO_COPY;
  });
  outcome.textContent = NO_COPY;

  /** Keeps the list as the copy is, now and after every pull. */
  function follow() {
    stop();
    if (!session.replica) return;
    const { name, sort } = form.elements;
    const query = patientQuery({ name: name.value, sort: sort.value, count: shown });
    stop = followed(session.replica, query, draw, (error) => {
      people.replaceChildren();
      outcome.textContent = failureOf(error).sentence;
    });
  }

  function draw(bundle) {
    const patients = list(bundle.entry).map(({ resource }) => resource).filter(Boolean);
    const total = bundle.total ?? patients.length;
    const some = total > patients.length ? `, the first ${count(patients.length)} shown` : "";
    outcome.textContent = total > 0 ? `${counted(total, "patient")}${some}` : "No patient is held that fits.";
    outcome.dataset.number = total;
    more.hidden = total <= patients.length;
    const focused = document.activeElement?.dataset?.patient;
    people.replaceChildren(...patients.map((patient) => person(patient, go)));
    if (focused !== undefined) people.querySelector(`[data-patient="${CSS.escape(focused)}"]`)?.focus();
    mark();
  }

  function openRecord() {
    if (openId === undefined || !session.replica || record) return;
    instead.hidden = true;
    split.dataset.open = "";
    record = new PatientRecord(session, openId, place, () => go(undefined));
    // A pull that was stopped may have committed something since. A copy that is being closed has nothing to say.
    session.refresh().catch(() => {});
    mark();
  }

  function closeRecord() {
    record?.close();
    record = undefined;
    instead.hidden = false;
    delete split.dataset.open;
    mark();
  }

  function mark() {
    for (const button of people.querySelectorAll("[data-patient]")) {
      if (button.dataset.patient === openId) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  return {
    /** Shows this patient's record, or none. */
    show(id) {
      if (id === openId && record) return;
      const before = openId;
      closeRecord();
      openId = id;
      openRecord();
      if (id === undefined && before !== undefined) people.querySelector(`[data-patient="${CSS.escape(before)}"]`)?.focus();
    },
  };
}

const NO_COPY = "There is no copy yet: connect and pull under “Copy” first.";

function person(patient, go) {
  const years = age(text(patient.birthDate));
  const born = text(patient.birthDate) ? `born ${readable(text(patient.birthDate))}` : "no birth date";
  const dead = text(patient.deceasedDateTime) || patient.deceasedBoolean === true;
  const about = [text(patient.gender), born, dead ? "died" : years !== undefined && `${years} years`].filter(Boolean).join(", ");
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", data: { testid: "patient-row", patient: text(patient.id) }, on: { click: () => go(text(patient.id)) } },
      el("b", {}, humanName(patient.name)),
      el("span", { class: "quiet" }, about),
    ),
  );
}
