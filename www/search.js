// FHIR searches, answered by the replica, with the time that took.

import { readable } from "./dates.js";
import { byTestId, el, showProblem } from "./dom.js";
import { failureOf } from "./failures.js";
import { finding, happened, list, patientOf, text, title } from "./fhir.js";
import { counted, duration } from "./numbers.js";
import { queryOf } from "./query.js";

const EXAMPLES = {
  "Oldest patients": "Patient?_sort=birthdate&_count=20",
  "Patients by name": "Patient?name=ma&_count=20",
  "Newest HbA1c": "Observation?code=http://loinc.org|4548-4&_sort=-date&_count=20",
  "Weights since 2015": "Observation?code=http://loinc.org|29463-7&date=ge2015&_sort=date&_count=20",
  "Type 2 diabetes": "Condition?code=http://snomed.info/sct|44054006&_count=20",
  "Allergies by newest": "AllergyIntolerance?_sort=-date&_count=20",
  "How many observations": "Observation?_summary=count",
};

/**
 * @param {{ session: import("./session.js").Session, network: import("./network.js").Network }} parts
 * @param {(id: string) => void} openPatient
 */
export function wireSearch({ session, network }, openPatient) {
  const form = byTestId("search-form");
  const [problem, outcome] = [byTestId("search-problem"), byTestId("search-outcome")];
  const [results, next] = [byTestId("search-results"), byTestId("search-next")];
  let nextQuery;
  let asked = 0;

  byTestId("search-examples").append(
    ...Object.entries(EXAMPLES).map(([label, query]) =>
      el("button", { type: "button", title: query, data: { query }, on: { click: () => run((form.elements.query.value = query)) } }, label),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form.elements.query.value.trim());
  });
  next.addEventListener("click", () => run(nextQuery, { more: true }));
  session.addEventListener("close", clear);

  async function run(query, { more = false } = {}) {
    asked += 1;
    const turn = asked;
    showProblem(problem);
    if (!session.replica) {
      clear();
      showProblem(problem, { sentence: "There is no copy yet.", advice: "Connect and pull under “Copy” first." });
      return;
    }
    try {
      const began = performance.now();
      const bundle = await session.replica.search(query.replace(/^\//, ""));
      const took = performance.now() - began;
      if (turn === asked) show(bundle, took, more);
    } catch (error) {
      if (turn !== asked) return;
      clear();
      showProblem(problem, failureOf(error));
    }
  }

  function show(bundle, took, more) {
    const entries = list(bundle.entry);
    const items = entries.map(({ resource }) => item(resource ?? {}, openPatient));
    const before = more ? results.children.length : 0;
    if (more) results.append(...items);
    else results.replaceChildren(...items);
    const shown = before + items.length;
    outcome.replaceChildren(
      el("b", { data: { testid: "search-total", number: bundle.total } }, counted(bundle.total ?? entries.length, "match", "matches")),
      shown > 0 ? `, ${shown === bundle.total ? "all" : `the first ${shown}`} shown` : "",
      ", answered by this device in ",
      el("b", { data: { testid: "search-time", number: took } }, duration(took)),
      network.on ? "" : ", with the network off",
      ".",
    );
    nextQuery = queryOf(list(bundle.link).find(({ relation }) => relation === "next")?.url, session.replica.server);
    next.hidden = nextQuery === undefined;
    if (more) items[0]?.querySelector("summary").focus();
  }

  function clear() {
    results.replaceChildren();
    outcome.textContent = "";
    next.hidden = true;
  }
}

function item(resource, openPatient) {
  const patient = patientOf(resource);
  const reference = `${text(resource.resourceType)}/${text(resource.id)}`;
  const found = resource.resourceType === "Observation" ? finding(resource) : "";
  const json = el("pre", { tabindex: "0", "aria-label": `${reference} as JSON` });
  const details = el("details", {}, el("summary", {}, reference), json);
  details.addEventListener("toggle", () => {
    if (details.open && json.textContent === "") json.textContent = JSON.stringify(resource, null, 2);
  });
  return el(
    "li",
    { data: { reference } },
    el(
      "div",
      { class: "result-head" },
      el("p", {}, el("b", {}, title(resource)), found && el("span", { class: "value" }, found)),
      el("p", { class: "quiet" }, [text(resource.resourceType), readable(happened(resource))].filter(Boolean).join(" · ")),
      patient !== undefined && el("button", { type: "button", on: { click: () => openPatient(patient) } }, "Open patient"),
    ),
    details,
  );
}
