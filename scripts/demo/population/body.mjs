// How somebody's body is doing at a time: the values that would be measured, with their trends over
// the years. Coherent rather than true: the sugar rises before the diagnosis and falls with the
// treatment, weight follows height and body mass index, kidneys age.

const YEAR = 365.25 * 24 * 60 * 60 * 1000;

/** What decides a body's course, drawn once for a person. Onsets are times, or nothing. */
export function constitution({ random, born, now, female }) {
  const age = (now - born) / YEAR;
  const onset = (probability, earliest, latest) => {
    const has = random.chance(probability);
    const at = random.between(earliest, latest);
    return has && at < age ? born + at * YEAR : undefined;
  };
  const adultIndex = Math.max(17.5, 26 + 4.5 * random.normal());
  const heavy = adultIndex > 30;
  const prediabetes = onset(heavy ? 0.75 : 0.4, 30, 70);
  const progresses = random.chance(0.35);
  const diabetes = prediabetes && progresses ? prediabetes + random.between(2, 6) * YEAR : undefined;
  return {
    female,
    born,
    adultIndex,
    adultHeight: (female ? 163 : 177) + 6.5 * random.normal(),
    pulse: 72 + 7 * random.normal(),
    pressure: 112 + 7 * random.normal(),
    lipid: 172 + 22 * random.normal(),
    control: random.between(6.4, 8.2),
    smoked: random.chance(0.3),
    onsets: {
      prediabetes,
      diabetes: diabetes < now ? diabetes : undefined,
      hypertension: onset(0.45, 35, 80),
      asthma: onset(0.1, 3, 15),
      hyperlipidemia: onset(0.3, 35, 70),
      obesity: heavy ? born + random.between(20, 45) * YEAR : undefined,
    },
  };
}

/** Height and weight, pulse, pressure and pain at a time. */
export function vitals(constitution, random, time) {
  const { adultHeight, adultIndex, born, female, onsets, pulse, pressure } = constitution;
  const age = (time - born) / YEAR;
  const growth = Math.min(1, 0.3 + 0.7 * (Math.max(0, age) / (female ? 15 : 17)) ** 0.62);
  const height = adultHeight * growth * (age > 60 ? 1 - 0.0006 * (age - 60) : 1);
  const young = 16.5 + Math.max(0, age - 6) * 0.45;
  const bmi = (age < 20 ? Math.min(adultIndex, young) : adultIndex + 0.04 * (age - 45)) + 0.3 * random.normal();
  const raised = since(onsets.hypertension, time);
  const systolic =
    (age < 18 ? 92 + age * 1.2 : pressure + 0.18 * (age - 30)) +
    (raised === undefined ? 0 : 24 * Math.exp(-raised / 3) + 8) +
    5 * random.normal();
  return {
    height,
    weight: bmi * (height / 100) ** 2,
    bmi,
    heartRate: pulse + Math.max(0, 60 - 5 * age) + 4 * random.normal(),
    systolic,
    diastolic: systolic * 0.62 + 2 + 3 * random.normal(),
    pain: Math.max(0, Math.min(10, 1 + 1.6 * random.normal())),
  };
}

/** Glycated hemoglobin in percent. */
export function hba1c({ control, onsets }, random, time) {
  const before = since(onsets.prediabetes, time);
  const ill = since(onsets.diabetes, time);
  const noise = 0.12 * random.normal();
  if (ill !== undefined) return control + (8.9 - control) * Math.exp(-ill / 1.5) + 0.05 * ill + noise;
  return (before === undefined ? 5.25 : Math.min(6.4, 5.75 + 0.12 * before)) + noise;
}

/** The values of the laboratory panels, by the names that their measures have. */
export function laboratory(constitution, random, time) {
  const { born, female, lipid, onsets } = constitution;
  const age = (time - born) / YEAR;
  const treated = since(onsets.hyperlipidemia, time);
  const raised = treated === undefined ? 0 : 60 * Math.exp(-treated / 2);
  const cholesterol = lipid + 0.3 * (age - 40) + raised + 7 * random.normal();
  const hdl = (female ? 58 : 50) + 5 * random.normal();
  const triglycerides = 60 + 0.4 * cholesterol + 12 * random.normal();
  const creatinine = (female ? 0.72 : 0.9) + 0.004 * Math.max(0, age - 40) + 0.05 * random.normal();
  const hemoglobin = (female ? 13.4 : 14.9) + 0.6 * random.normal();
  const around = (middle, deviation) => middle + deviation * random.normal();
  return {
    glucose: 28.7 * hba1c(constitution, random, time) - 58 + 5 * random.normal(),
    ureaNitrogen: around(13, 2.5),
    creatinine,
    gfr: Math.max(12, ((female ? 0.74 : 1) * 186) / (creatinine ** 1.154 * Math.max(18, age) ** 0.203)),
    calcium: around(9.4, 0.3),
    sodium: around(140, 1.8),
    potassium: around(4.3, 0.3),
    chloride: around(101, 2),
    carbonDioxide: around(25, 1.8),
    cholesterol,
    triglycerides,
    hdl,
    ldl: Math.max(30, cholesterol - hdl - triglycerides / 5),
    hemoglobin,
    leukocytes: Math.max(2.5, around(7, 1.4)),
    erythrocytes: hemoglobin / 3 + around(0, 0.12),
    mcv: around(88, 2.5),
    mch: around(30, 1),
    mchc: around(34.2, 0.5),
    rdw: around(42, 1.6),
    platelets: around(260, 45),
    mpv: around(10.6, 0.7),
    hematocrit: hemoglobin * 3 + around(0, 0.8),
  };
}

/** Years since a time; nothing if it has not come. */
function since(onset, time) {
  return onset !== undefined && onset <= time ? (time - onset) / YEAR : undefined;
}
