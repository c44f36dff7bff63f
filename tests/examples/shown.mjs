// What the examples must show of a demo server, worked out from what that server answers, with no code of the package.

/** How many names each example shows. */
const SHOWN = 20;

/**
 * @param {string} base the server's
 * @returns {Promise<{ patients: number, observations: number, names: string[], lines: string[] }>} `lines` are names
 *   with dates of birth
 */
export async function expected(base) {
  const patients = (await all(`${base}/Patient?_count=1000`)).sort((a, b) => order(familyOf(a), familyOf(b)));
  const shown = patients.slice(0, SHOWN);
  return {
    patients: patients.length,
    observations: (await all(`${base}/Observation?_count=1000`)).length,
    names: shown.map(nameOf),
    lines: shown.map((patient) => `${nameOf(patient)} ${patient.birthDate ?? ""}`),
  };
}

async function all(address) {
  const { entry = [], link = [] } = await (await fetch(address)).json();
  const next = link.find(({ relation }) => relation === "next");
  return [...entry.map(({ resource }) => resource), ...(next ? await all(next.url) : [])];
}

function nameOf({ name: [{ text, family, given = [] } = {}] = [] }) {
  return text ?? [...given, family].join(" ");
}

function familyOf({ name: [{ family = "" } = {}] = [] }) {
  return family.toLowerCase();
}

function order(a, b) {
  if (a === b) throw new Error("Two patients of one family: choose another seed, their order is anybody's.");
  return a < b ? -1 : 1;
}
