// A page of Next.js that keeps a copy of a FHIR server's patients and observations in the browser.
//
//   npm install
//   npm run build && npm start        or `npm run dev`; then open the address that it prints
//
// The replica is opened in an effect, so only in the browser: Next.js renders this page on the server too. Loaded again while the FHIR
// server is away, the page shows what it pulled before.
"use client";

import { openReplica } from "fhir-pull";
import { useEffect, useState } from "react";

export default function Page() {
  const [server, setServer] = useState("http://127.0.0.1:8080/fhir");
  const [{ status, patients, observations, asOf, lines }, setShown] = useState({ status: "" });

  useEffect(() => {
    // The form puts the server's address into the page's own.
    const given = new URLSearchParams(location.search).get("server");
    if (given === null) return;
    setServer(given);
    let current = true;
    const show = (more) => current && setShown((shown) => ({ ...shown, ...more }));
    // Each server has a replica of its own here. Opening asks the server nothing.
    const opening = openReplica({ name: given, server: given });
    opening.then((replica) => follow(replica, show)).catch(({ message }) => show({ status: message }));
    return () => {
      current = false;
      opening.then((replica) => replica.close()).catch(() => {});
    };
  }, []);

  return (
    <>
      <form>
        <label>
          FHIR server{" "}
          <input name="server" type="url" required size="40" value={server} onChange={(event) => setServer(event.target.value)} />
        </label>
        <button>Pull</button>
      </form>
      <p id="status" role="status">{status}</p>
      <p id="numbers">{lines && `${patients} patients, ${observations} observations (${asOf})`}</p>
      <ol id="patients">{lines?.map(({ id, text }) => <li key={id}>{text}</li>)}</ol>
    </>
  );
}

async function follow(replica, show) {
  show(await heldBy(replica));
  const pulled = replica.pull(["Patient?_count=100", { history: "Observation" }], {
    onProgress: ({ feed, resources }) => show({ status: `${feed}: ${resources}` }),
  });
  const status = await pulled.then(
    () => "Up to date.",
    ({ message }) => `Not up to date: ${message}`,
  );
  show({ status, ...(await heldBy(replica)) });
}

/** What the replica answers; no request goes to the server. */
async function heldBy(replica) {
  const { total, meta, entry = [] } = await replica.search("Patient?_sort=family,_id&_count=20");
  const observations = await replica.search("Observation?_summary=count");
  return {
    patients: total,
    observations: observations.total,
    // Without a time, a first pull has not been completed yet.
    asOf: meta?.lastUpdated ?? "not all yet",
    lines: entry.map(({ resource }) => ({ id: resource.id, text: lineOf(resource) })),
  };
}

function lineOf({ name: [{ text, family, given = [] } = {}] = [], birthDate = "" }) {
  return `${text ?? [...given, family].join(" ")} ${birthDate}`;
}
