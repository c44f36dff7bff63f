// The clinical vocabulary of the invented population: what can happen to people, in codes.

const coded = (system) => (code, display) => ({ coding: [{ system, code, display }], text: display });
const snomed = coded("http://snomed.info/sct");
const loinc = coded("http://loinc.org");
const rxnorm = coded("http://www.nlm.nih.gov/research/umls/rxnorm");
const cvx = coded("http://hl7.org/fhir/sid/cvx");

/** A status of a resource in one of HL7's terminologies. */
export function status(codeSystem, code) {
  return { coding: [{ system: `http://terminology.hl7.org/CodeSystem/${codeSystem}`, code }] };
}

export const ENCOUNTERS = {
  checkUp: snomed("185349003", "Encounter for check up (procedure)"),
  symptom: snomed("185345009", "Encounter for symptom"),
  followUp: snomed("390906007", "Follow-up encounter"),
  problem: snomed("185347001", "Encounter for problem"),
  prenatal: snomed("424619006", "Prenatal visit"),
  emergency: snomed("50849002", "Emergency room admission (procedure)"),
};

/** Conditions that stay, with the medicines that go with them. */
export const CHRONIC = {
  diabetes: {
    condition: snomed("44054006", "Diabetes mellitus type 2 (disorder)"),
    medicines: [rxnorm("860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet")],
    goal: snomed("698360004", "Diabetes self management plan"),
    activities: [snomed("160670007", "Diabetic diet"), snomed("229065009", "Exercise therapy")],
  },
  prediabetes: {
    condition: snomed("15777000", "Prediabetes"),
    medicines: [],
    goal: snomed("698360004", "Diabetes self management plan"),
    activities: [snomed("160670007", "Diabetic diet"), snomed("229065009", "Exercise therapy")],
  },
  hypertension: {
    condition: snomed("38341003", "Hypertension"),
    medicines: [rxnorm("316049", "Hydrochlorothiazide 25 MG"), rxnorm("314076", "Lisinopril 10 MG Oral Tablet")],
    goal: snomed("443402002", "Lifestyle education regarding hypertension"),
    activities: [
      snomed("386463000", "Prescribed activity/exercise education"),
      snomed("413473000", "Counseling about alcohol consumption"),
    ],
  },
  asthma: {
    condition: snomed("195967001", "Asthma"),
    medicines: [
      rxnorm("895994", "120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler"),
      rxnorm("745679", "200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"),
    ],
    goal: snomed("699728000", "Asthma self management"),
    activities: [snomed("710081004", "Smoking cessation therapy"), snomed("710125006", "Inhalation therapy procedure")],
  },
  hyperlipidemia: {
    condition: snomed("55822004", "Hyperlipidemia"),
    medicines: [rxnorm("316672", "Simvistatin 10 MG")],
    goal: snomed("443402002", "Lifestyle education regarding cholesterol"),
    activities: [
      snomed("183301007", "Physical exercises (regime/therapy)"),
      snomed("304491008", "Low fat diet education"),
    ],
  },
  obesity: { condition: snomed("162864005", "Body mass index 30+ - obesity (finding)"), medicines: [] },
};

/** Conditions that pass: how long they last in days, and what is done and given. */
export const ACUTE = [
  { condition: snomed("444814009", "Viral sinusitis (disorder)"), days: 14, medicines: [], procedures: [] },
  { condition: snomed("444814009", "Viral sinusitis (disorder)"), days: 21, medicines: [], procedures: [] },
  {
    condition: snomed("195662009", "Acute viral pharyngitis (disorder)"),
    days: 9,
    medicines: [],
    procedures: [snomed("117015009", "Throat culture (procedure)")],
  },
  {
    condition: snomed("10509002", "Acute bronchitis (disorder)"),
    days: 12,
    medicines: [rxnorm("313782", "Acetaminophen 325 MG Oral Tablet")],
    procedures: [snomed("269911007", "Sputum examination (procedure)")],
  },
  {
    condition: snomed("43878008", "Streptococcal sore throat (disorder)"),
    days: 10,
    medicines: [rxnorm("834102", "Penicillin V Potassium 500 MG Oral Tablet")],
    procedures: [snomed("117015009", "Throat culture (procedure)")],
  },
  {
    condition: snomed("65363002", "Otitis media"),
    days: 30,
    medicines: [rxnorm("562251", "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet")],
    procedures: [],
  },
  {
    condition: snomed("44465007", "Sprain of ankle"),
    days: 28,
    medicines: [rxnorm("310965", "Ibuprofen 200 MG Oral Tablet")],
    procedures: [snomed("274474001", "Bone immobilization")],
    emergency: true,
  },
];

export const PREGNANCY = {
  condition: snomed("72892002", "Normal pregnancy"),
  first: [snomed("252160004", "Standard pregnancy test"), snomed("44608003", "Blood typing, RH typing")],
  visit: [
    snomed("274804006", "Evaluation of uterine fundal height"),
    snomed("225158009", "Auscultation of the fetal heart"),
  ],
};

export const PROCEDURES = {
  medications: snomed("428191000124101", "Documentation of current medications"),
  depression: snomed("171207006", "Depression screening"),
  spirometry: snomed("127783003", "Spirometry (procedure)"),
  colonoscopy: snomed("73761001", "Colonoscopy"),
  injection: snomed("76601001", "Intramuscular injection"),
  immunotherapy: snomed("180256009", "Subcutaneous immunotherapy"),
  foot: snomed("401191002", "Diabetic foot examination"),
};

/** Each with the category that AllergyIntolerance gives it. */
export const ALLERGIES = [
  { code: snomed("419474003", "Allergy to mould"), category: "environment" },
  { code: snomed("232347008", "Dander (animal) allergy"), category: "environment" },
  { code: snomed("419263009", "Allergy to tree pollen"), category: "environment" },
  { code: snomed("300913006", "Shellfish allergy"), category: "food" },
  { code: snomed("91935009", "Allergy to peanuts"), category: "food" },
  { code: snomed("424213003", "Allergy to bee venom"), category: "environment" },
  { code: snomed("91936005", "Allergy to penicillin"), category: "medication" },
];

export const INFLUENZA = cvx("140", "Influenza, seasonal, injectable, preservative free");
export const TETANUS = cvx("113", "Td (adult) preservative free");
export const PNEUMOCOCCUS = cvx("133", "Pneumococcal conjugate PCV 13");
export const ZOSTER = cvx("121", "zoster");

const DTAP = cvx("20", "DTaP");
const POLIO = cvx("10", "IPV");
const HIB = cvx("49", "Hib (PRP-OMP)");
const MMR = cvx("03", "MMR");
const VARICELLA = cvx("21", "varicella");

/** By the age in months at which they are due. */
export const CHILDHOOD = [
  { month: 0, vaccines: [cvx("08", "Hep B, adolescent or pediatric")] },
  { month: 2, vaccines: [DTAP, POLIO, HIB, cvx("119", "rotavirus, monovalent")] },
  { month: 4, vaccines: [DTAP, POLIO, HIB, PNEUMOCOCCUS] },
  { month: 12, vaccines: [MMR, VARICELLA, cvx("83", "Hep A, ped/adol, 2 dose"), PNEUMOCOCCUS] },
  { month: 48, vaccines: [DTAP, POLIO, MMR, VARICELLA] },
  { month: 132, vaccines: [cvx("114", "meningococcal MCV4P"), cvx("62", "HPV, quadrivalent")] },
];

/** A category that Observation gives itself. */
function category(code) {
  return {
    coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code, display: code }],
  };
}

/** What is measured: code, category, unit (UCUM), decimals and, for laboratory values, the usual range. */
function vital(code, display, unit, decimals) {
  return { code: loinc(code, display), category: VITAL_SIGNS, unit, decimals };
}

function lab(code, display, unit, decimals, low, high) {
  const range = { low: { value: low, unit }, high: { value: high, unit } };
  return { code: loinc(code, display), category: LABORATORY, unit, decimals, range };
}

const VITAL_SIGNS = category("vital-signs");
const LABORATORY = category("laboratory");

export const VITALS = {
  height: vital("8302-2", "Body Height", "cm", 1),
  weight: vital("29463-7", "Body Weight", "kg", 1),
  bmi: vital("39156-5", "Body Mass Index", "kg/m2", 2),
  heartRate: vital("8867-4", "Heart rate", "/min", 0),
  pain: vital("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}", 0),
  pressure: { code: loinc("55284-4", "Blood Pressure"), category: VITAL_SIGNS },
  systolic: vital("8480-6", "Systolic Blood Pressure", "mm[Hg]", 0),
  diastolic: vital("8462-4", "Diastolic Blood Pressure", "mm[Hg]", 0),
};

export const SMOKING = {
  code: loinc("72166-2", "Tobacco smoking status NHIS"),
  category: category("survey"),
  never: snomed("266919005", "Never smoker"),
  former: snomed("8517006", "Former smoker"),
};

export const PANELS = {
  metabolic: {
    code: loinc("51990-0", "Basic Metabolic Panel"),
    measures: {
      glucose: lab("2339-0", "Glucose", "mg/dL", 1, 70, 99),
      ureaNitrogen: lab("6299-2", "Urea Nitrogen", "mg/dL", 1, 7, 20),
      creatinine: lab("38483-4", "Creatinine", "mg/dL", 2, 0.6, 1.3),
      calcium: lab("49765-1", "Calcium", "mg/dL", 2, 8.5, 10.2),
      sodium: lab("2947-0", "Sodium", "mmol/L", 1, 136, 144),
      potassium: lab("6298-4", "Potassium", "mmol/L", 2, 3.7, 5.2),
      chloride: lab("2069-3", "Chloride", "mmol/L", 1, 96, 106),
      carbonDioxide: lab("20565-8", "Carbon Dioxide", "mmol/L", 1, 20, 29),
    },
  },
  lipids: {
    code: loinc("57698-3", "Lipid Panel"),
    measures: {
      cholesterol: lab("2093-3", "Total Cholesterol", "mg/dL", 1, 0, 200),
      triglycerides: lab("2571-8", "Triglycerides", "mg/dL", 1, 0, 150),
      ldl: lab("18262-6", "Low Density Lipoprotein Cholesterol", "mg/dL", 1, 0, 100),
      hdl: lab("2085-9", "High Density Lipoprotein Cholesterol", "mg/dL", 1, 40, 60),
    },
  },
  bloodCount: {
    code: loinc("58410-2", "Complete blood count (hemogram) panel - Blood by Automated count"),
    measures: {
      hemoglobin: lab("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 1, 12, 17.5),
      leukocytes: lab("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 1, 4.5, 11),
      erythrocytes: lab("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL", 2, 3.9, 5.7),
      mcv: lab("787-2", "MCV [Entitic volume] by Automated count", "fL", 1, 80, 95),
      mch: lab("785-6", "MCH [Entitic mass] by Automated count", "pg", 1, 27, 33),
      mchc: lab("786-4", "MCHC [Mass/volume] by Automated count", "g/dL", 1, 33, 36),
      rdw: lab("21000-5", "Erythrocyte distribution width [Entitic volume] by Automated count", "fL", 1, 39, 46),
      platelets: lab("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 0, 150, 450),
      mpv: lab("32623-1", "Platelet mean volume [Entitic volume] in Blood by Automated count", "fL", 1, 9.4, 12.4),
      hematocrit: lab("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", 1, 36, 50),
    },
  },
};

export const HBA1C = lab("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 1, 4, 5.7);
export const GFR = lab("33914-3", "Estimated Glomerular Filtration Rate", "mL/min/{1.73_m2}", 0, 60, 120);
