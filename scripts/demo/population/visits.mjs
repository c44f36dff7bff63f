// When somebody sees a doctor, and what for: check-ups, vaccinations, follow-ups of what stays,
// illnesses that pass, pregnancies.

import * as codes from "./codes.mjs";

const DAY = 24 * 60 * 60 * 1000;
const YEAR = 365.25 * DAY;
/** Routine visits are on record for so long; diagnoses from before are on record too. */
const WINDOW = 10 * YEAR;

/** @returns {object[]} visits, oldest first */
export function visits({ random, born, female, now, onsets }) {
  const from = Math.max(born, now - WINDOW);
  const all = [
    ...checkUps({ random, born, from, now, onsets }),
    ...diagnoses(onsets, now),
    ...followUps({ random, from, now, onsets }),
    ...illnesses({ random, from, now }),
    ...(female ? pregnancies({ random, born, from, now }) : []),
  ];
  all.sort((a, b) => a.time - b.time);
  if (all.length) all[0].allergies = true;
  return all;
}

function checkUps({ random, born, from, now, onsets }) {
  const found = [];
  const add = (time, more) => found.push({ time, type: codes.ENCOUNTERS.checkUp, vitals: true, ...more });
  for (const { month, vaccines } of codes.CHILDHOOD) {
    const time = born + (month / 12) * YEAR + random.between(0, 10) * DAY;
    if (time >= from && time < now) add(time, { vaccines });
  }
  let time = from + random.between(0.3, 1) * YEAR;
  for (let turn = 0; time < now; turn += 1) {
    const age = (time - born) / YEAR;
    const vaccines = [
      ...(random.chance(0.95) ? [codes.INFLUENZA] : []),
      ...(turn === 3 && age > 18 ? [codes.TETANUS] : []),
      ...(turn === 1 && age > 65 ? [codes.PNEUMOCOCCUS, codes.ZOSTER] : []),
    ];
    const procedures = [
      ...(random.chance(0.4) ? [codes.PROCEDURES.medications] : []),
      ...(age > 12 && random.chance(0.3) ? [codes.PROCEDURES.depression] : []),
      ...(age > 50 && random.chance(0.12) ? [codes.PROCEDURES.colonoscopy] : []),
      ...(onsets.asthma < time && random.chance(0.6) ? [codes.PROCEDURES.spirometry] : []),
    ];
    const panels = [
      ...(age > 30 && random.chance(0.6) ? ["lipids"] : []),
      ...(age > 25 && random.chance(0.45) ? ["metabolic"] : []),
      ...(random.chance(0.25) ? ["bloodCount"] : []),
    ];
    add(time, { vaccines, procedures, laboratory: { panels, hba1c: onsets.prediabetes < time } });
    time += random.between(0.85, age > 20 && age < 40 ? 1.9 : 1.2) * YEAR;
  }
  return found;
}

/** The visit at which each lasting condition was first found. */
function diagnoses(onsets, now) {
  return Object.entries(onsets)
    .filter(([, time]) => time < now)
    .map(([onset, time]) => ({ time, type: codes.ENCOUNTERS.problem, onset }));
}

/** Medicines need to be renewed, sugar and pressure watched. */
function followUps({ random, from, now, onsets }) {
  const found = [];
  for (const [renew, months] of [["diabetes", 6], ["hypertension", 20], ["hyperlipidemia", 14], ["asthma", 16]]) {
    if (!(onsets[renew] < now)) continue;
    let time = Math.max(onsets[renew], from) + random.between(1, 3) * 30 * DAY;
    for (; time < now; time += months * 30.4 * DAY * random.between(0.8, 1.2)) {
      const diabetic = renew === "diabetes";
      found.push({
        time,
        type: codes.ENCOUNTERS.followUp,
        renew,
        vitals: random.chance(0.3),
        procedures: [codes.PROCEDURES.medications, ...(diabetic ? [codes.PROCEDURES.foot] : [])],
        laboratory: { panels: diabetic && random.chance(0.6) ? ["metabolic"] : [], hba1c: diabetic },
      });
    }
  }
  return found;
}

function illnesses({ random, from, now }) {
  const found = [];
  const often = random.between(0.3, 1);
  for (let time = from; ; ) {
    time += (random.between(0.1, 2) * YEAR) / (often * 1.3);
    if (time >= now) return found;
    const acute = random.pick(codes.ACUTE);
    const emergency = acute.emergency;
    found.push({ time, type: emergency ? codes.ENCOUNTERS.emergency : codes.ENCOUNTERS.symptom, acute, emergency });
    const later = time + random.between(8, 30) * DAY;
    if (later < now && random.chance(0.5)) {
      found.push({
        time: later,
        type: codes.ENCOUNTERS.followUp,
        procedures: random.chance(0.5) ? [codes.PROCEDURES.injection] : [codes.PROCEDURES.medications],
      });
    }
  }
}

function pregnancies({ random, born, from, now }) {
  const found = [];
  let time = Math.max(from, born + 20 * YEAR) + random.between(0, 8) * YEAR;
  while (time < now - 280 * DAY && time < born + 42 * YEAR) {
    const until = time + 270 * DAY;
    found.push({ time, until, type: codes.ENCOUNTERS.prenatal, pregnancy: "first" });
    for (let week = 8; week <= 38; week += week < 28 ? 4 : 2) {
      found.push({ time: time + week * 7 * DAY, type: codes.ENCOUNTERS.prenatal, pregnancy: "visit" });
    }
    time = until + random.between(2, 9) * YEAR;
  }
  return found;
}
