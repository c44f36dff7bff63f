// Runs inside workerd: what one would write by hand for just these questions. Resources in a table of a Durable Object's
// SQLite, and beside it a table of what is searched for, indexed for each of the searches.

const TABLES = [
  "CREATE TABLE IF NOT EXISTS resource (row INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, json TEXT NOT NULL)",
  // A row for each pair of a code and a practitioner: most resources have one.
  "CREATE TABLE IF NOT EXISTS searched (row INTEGER NOT NULL, type TEXT NOT NULL, patient TEXT, code TEXT, practitioner TEXT, date INTEGER)",
  "CREATE TABLE IF NOT EXISTS referred (row INTEGER NOT NULL, name TEXT, target TEXT NOT NULL)",
  "CREATE INDEX IF NOT EXISTS by_patient ON searched (patient, type, date, row)",
  "CREATE INDEX IF NOT EXISTS by_code ON searched (patient, type, code, date, row)",
  "CREATE INDEX IF NOT EXISTS by_practitioner ON searched (practitioner, type, patient) WHERE practitioner IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS by_row ON referred (row, name, target)",
];
const READ = "SELECT json FROM resource WHERE reference = ?";
const COUNT = "SELECT count(DISTINCT row) AS total FROM searched WHERE patient = ? AND type = ?";
const COMPARTMENT = "SELECT reference, json FROM resource WHERE row IN (SELECT row FROM searched WHERE patient = ? AND type = ?)";
// Devices have a patient, and are in nobody's compartment.
const EVERYTHING = `
  WITH held AS (SELECT DISTINCT row FROM searched WHERE patient = ? AND type <> 'Device')
  SELECT reference, json, 'match' AS mode FROM held JOIN resource USING (row)
  UNION ALL
  SELECT reference, json, 'include' FROM (SELECT DISTINCT target FROM held JOIN referred USING (row))
    JOIN resource ON reference = target WHERE row NOT IN held`;
const HAS = `
  SELECT reference, json FROM searched JOIN resource USING (row)
  WHERE type = 'Patient' AND patient IN (SELECT patient FROM searched WHERE practitioner = ? AND type = 'Encounter')
  ORDER BY date LIMIT ?`;
const INCLUDED = `
  SELECT reference, json, 'include' AS mode FROM resource WHERE reference IN
    (SELECT target FROM referred WHERE row IN (SELECT value FROM json_each(?)) AND name = ?)`;

export class Tables {
  #storage;
  #sql;

  constructor({ storage }) {
    this.#storage = storage;
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
  }

  async fetch(request) {
    const { origin, pathname, searchParams } = new URL(request.url);
    if (pathname === "/load") return this.#load((await request.text()).split("\n").filter(Boolean));
    const [, , type, id, within] = pathname.split("/");
    if (id && !within) return this.#read(`${type}/${id}`);
    const base = `${origin}/fhir`;
    if (within === "$everything") return bundle(base, this.#rows(EVERYTHING, `${type}/${id}`));
    if (within) return bundle(base, this.#rows(COMPARTMENT, `${type}/${id}`, within));
    return this.#search(base, type, searchParams);
  }

  #read(reference) {
    const [row] = this.#rows(READ, reference);
    return row ? answer(row.json) : new Response(null, { status: 404 });
  }

  #search(base, type, asked) {
    const practitioner = asked.get("_has:Encounter:patient:practitioner");
    if (practitioner) return bundle(base, this.#rows(HAS, practitioner, Number(asked.get("_count"))));
    if (asked.get("_summary") === "count") {
      const [{ total }] = this.#rows(COUNT, asked.get("patient"), type);
      return answer(JSON.stringify({ resourceType: "Bundle", type: "searchset", total }));
    }
    const conditions = ["patient = ?", "type = ?"];
    const values = [asked.get("patient"), type];
    if (asked.has("code")) {
      conditions.push("code = ?");
      values.push(asked.get("code"));
    }
    for (const date of asked.getAll("date")) {
      conditions.push(`date ${date.startsWith("ge") ? ">=" : "<"} ?`);
      values.push(Date.parse(date.slice(2)));
    }
    const matches = this.#rows(
      `WITH found AS (SELECT DISTINCT row, date FROM searched WHERE ${conditions.join(" AND ")} ORDER BY date DESC LIMIT ?)
       SELECT row, reference, json FROM found JOIN resource USING (row) ORDER BY date DESC`,
      ...values,
      Number(asked.get("_count")),
    );
    if (!asked.has("_include")) return bundle(base, matches);
    const [, name] = asked.get("_include").split(":");
    const included = this.#rows(INCLUDED, JSON.stringify(matches.map(({ row }) => row)), name);
    return bundle(base, [...matches, ...included]);
  }

  #load(lines) {
    this.#storage.transactionSync(() => {
      for (const json of lines) this.#keep(JSON.parse(json), json);
    });
    return new Response();
  }

  #keep(resource, json) {
    const { resourceType: type, id, subject, patient, code, participant = [], birthDate, effectiveDateTime, period } = resource;
    const own = type === "Patient" ? `Patient/${id}` : ((subject ?? patient)?.reference ?? null);
    const [{ row }] = this.#rows("INSERT INTO resource (reference, json) VALUES (?, ?) RETURNING row", `${type}/${id}`, json);
    const date = Date.parse(birthDate ?? effectiveDateTime ?? period?.start) || null;
    const codes = code?.coding?.map(({ system, code }) => `${system}|${code}`) ?? [null];
    const practitioners = participant.flatMap(({ individual }) => individual?.reference ?? []);
    for (const code of codes) {
      for (const practitioner of practitioners.length ? practitioners : [null]) {
        this.#rows("INSERT INTO searched VALUES (?, ?, ?, ?, ?, ?)", row, type, own, code, practitioner, date);
      }
    }
    for (const [name, target] of references(resource)) this.#rows("INSERT INTO referred VALUES (?, ?, ?)", row, name, target);
  }

  #rows(statement, ...values) {
    return this.#sql.exec(statement, ...values).toArray();
  }
}

/** What a resource refers to, by the name of the property. */
function* references(value, name) {
  if (typeof value !== "object" || value === null) return;
  if (typeof value.reference === "string") yield [name, value.reference];
  for (const [key, inner] of Object.entries(value)) yield* references(inner, Array.isArray(value) ? name : key);
}

function bundle(base, rows) {
  const entries = rows.map(
    ({ reference, json, mode = "match" }) => `{"fullUrl":"${base}/${reference}","resource":${json},"search":{"mode":"${mode}"}}`,
  );
  return answer(`{"resourceType":"Bundle","type":"searchset","entry":[${entries.join(",")}]}`);
}

function answer(json) {
  return new Response(json, { headers: { "content-type": "application/fhir+json" } });
}

export default {
  fetch(request, env) {
    return env.TABLES.get(env.TABLES.idFromName("all")).fetch(request);
  },
};
