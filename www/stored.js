// What is stored: how much of what, how small, how fresh.

import { barChart } from "./bars.js";
import { exactly, ago, moment } from "./dates.js";
import { byTestId, el } from "./dom.js";
import { inWords } from "./feeds.js";
import { bytes, count, counted, percent } from "./numbers.js";

/** @param {{ session: import("./session.js").Session }} parts */
export function wireStored({ session }) {
  const [place, empty, held] = [byTestId("stored"), byTestId("stored-empty"), byTestId("held")];

  session.addEventListener("status", () => show(session.status));
  session.addEventListener("close", nothing);
  // Another tab may have pulled meanwhile; a copy that is being closed has nothing to say.
  const refresh = () => session.refresh().catch(() => {});
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh();
  });
  let timer;
  session.addEventListener("busy", ({ detail }) => {
    clearInterval(timer);
    if (detail) timer = setInterval(refresh, 1000);
  });

  function nothing() {
    place.hidden = true;
    empty.hidden = false;
    empty.textContent = "Nothing yet: connect, then pull.";
    held.textContent = "";
  }

  function show(status) {
    const resources = status.types.reduce((sum, { resources }) => sum + resources, 0);
    held.textContent = resources > 0 ? `${counted(resources, "resource")} here` : "";
    const any = status.generation > 0;
    place.hidden = !any;
    empty.hidden = any;
    empty.textContent = "Nothing yet: pull.";
    if (!any) return;
    const open = new Set([...place.querySelectorAll("details[open]")].map(({ dataset }) => dataset.part));
    place.replaceChildren(facts(status, resources), types(status), feeds(status));
    for (const details of place.querySelectorAll("details")) details.open = open.has(details.dataset.part);
  }
}

function facts(status, resources) {
  const share = status.jsonBytes > 0 ? `, ${percent(status.storedBytes / status.jsonBytes)} of the JSON` : "";
  const fact = (label, testid, text, number) =>
    el("div", {}, el("dt", {}, label), el("dd", { data: { testid, number } }, text));
  return el(
    "dl",
    { class: "facts" },
    fact("Resources", "stored-total", count(resources), resources),
    fact("As JSON", "json-bytes", bytes(status.jsonBytes), status.jsonBytes),
    fact("Stored, with index", "stored-bytes", bytes(status.storedBytes) + share, status.storedBytes),
    fact("Generation", "generation", `${count(status.generation)}, in ${counted(status.segments, "segment")}`, status.generation),
    fact("Kept in", "store", status.store === "indexeddb" ? "IndexedDB" : "memory, until this page is closed"),
  );
}

function types(status) {
  const held = status.types
    .filter(({ resources, deleted }) => resources + deleted > 0)
    .sort((a, b) => b.resources - a.resources || (a.type < b.type ? -1 : 1));
  const rows = held.map(({ type, resources, deleted }) =>
    el(
      "tr",
      { data: { type } },
      el("th", { scope: "row" }, type),
      el("td", { data: { value: "resources", number: resources } }, count(resources)),
      el("td", { data: { value: "deleted", number: deleted } }, count(deleted)),
    ),
  );
  return el(
    "div",
    {},
    el("h3", {}, "By type"),
    barChart(held.map(({ type, resources }) => ({ label: type, value: resources }))),
    el(
      "details",
      { data: { part: "types" } },
      el("summary", {}, "As a table"),
      el(
        "table",
        { data: { testid: "stored-types" } },
        el("thead", {}, el("tr", {}, ...["Type", "Held", "Known deleted"].map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, ...rows),
      ),
    ),
  );
}

function feeds(status) {
  const rows = status.feeds.map(({ feed, complete, cursor }) => {
    const at = moment(cursor);
    const fresh = at === undefined ? "" : `followed up to ${exactly(cursor)} (${ago(at)})`;
    return el(
      "li",
      { data: { feed, complete } },
      el("b", {}, inWords(feed)),
      el("span", {}, complete ? fresh || "complete" : "not yet complete: what it covers may be missing"),
    );
  });
  return el(
    "details",
    { data: { part: "feeds", testid: "freshness" } },
    el("summary", {}, "How fresh, by feed"),
    el("ul", { class: "freshness" }, ...rows),
  );
}
