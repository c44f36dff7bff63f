// What the examples must show of a demo server: what that server itself answers.

/**
 * @param {string} base the server's
 * @returns {Promise<{ patients: number, observations: number, names: string[], lines: string[] }>} `lines` are names
 *   with dates of birth
 */
export async function expected(base) {
  const { entry } = await (await fetch(`${base}/Patient?_sort=family,_id&_count=20`)).json();
  const shown = entry.map(({ resource }) => resource);
  return {
    patients: await count(`${base}/Patient?_count=1000`),
    observations: await count(`${base}/Observation?_count=1000`),
    names: shown.map(nameOf),
    lines: shown.map((patient) => `${nameOf(patient)} ${patient.birthDate ?? ""}`),
  };
}

/** How many the pages of a search hold. */
async function count(address) {
  const { entry = [], link = [] } = await (await fetch(address)).json();
  const next = link.find(({ relation }) => relation === "next");
  return entry.length + (next ? await count(next.url) : 0);
}

function nameOf({ name: [{ text, family, given = [] } = {}] = [] }) {
  return text ?? [...given, family].join(" ");
}
