// Invented people's names and places. Some carry diacritics, as real ones do.

export const GIVEN = {
  female: [
    ...["Ana", "Beatriz", "Chloé", "Dagny", "Elif", "Fatima", "Grace", "Hana", "Ines", "Jana", "Kamala", "Léa"],
    ...["Maja", "Nadia", "Olga", "Paula", "Rosa", "Søren-Marie"],
    ...["Thảo", "Ursula", "Vera", "Wilma", "Yara", "Zoë"],
  ],
  male: [
    ...["Adam", "Björn", "Carlos", "David", "Emre", "François"],
    ...["Gábor", "Hugo", "Ivan", "José", "Karl", "Łukasz"],
    ...["Mateo", "Noah", "Omar", "Pavel", "Quentin", "Rafael"],
    ...["Søren", "Tomáš", "Umar", "Viktor", "Walter", "Yusuf"],
  ],
};

export const FAMILY = [
  ...["Alvarez", "Berg", "Çelik", "Dvořák", "Eriksson"],
  ...["Fernández", "García", "Hansen", "Ibrahim", "Jankowski"],
  ...["Kowalczyk", "Lindqvist", "Müller", "Nakamura", "O'Brien"],
  ...["Petrov", "Quispe", "Rossi", "Sánchez", "Strömberg"],
  ...["Tanaka", "Ueda", "Vargas", "Weiß", "Ximenes", "Yıldız"],
  ...["Zieliński", "Nguyễn", "Okafor", "Smith", "Brown"],
  ...["Castillo", "Dubois", "Fischer", "Gruber", "Haddad", "Johnson", "Keller", "Larsen", "Moreau"],
];

export const STREETS = [
  ...["Ash Lane", "Bridge Street", "Castle Road", "Dock Way"],
  ...["Elm Avenue", "Ferry Path", "Glen Close"],
];

/** Towns, each with where it lies. */
export const TOWNS = [
  { city: "Ashford Mills", state: "Massachusetts", postalCode: "01031", latitude: 42.342, longitude: -72.589 },
  { city: "Brookhaven", state: "Massachusetts", postalCode: "01512", latitude: 42.172, longitude: -71.605 },
  { city: "Carlisle Point", state: "Massachusetts", postalCode: "02043", latitude: 42.241, longitude: -70.889 },
  { city: "Dunmore", state: "Massachusetts", postalCode: "01247", latitude: 42.699, longitude: -73.108 },
  { city: "Eastwick", state: "Massachusetts", postalCode: "02118", latitude: 42.339, longitude: -71.07 },
  { city: "Saint-Rémi", state: "Massachusetts", postalCode: "01905", latitude: 42.466, longitude: -70.949 },
  { city: "Falkenau", state: "Massachusetts", postalCode: "02301", latitude: 42.083, longitude: -71.018 },
  { city: "Greenhollow", state: "Massachusetts", postalCode: "01420", latitude: 42.583, longitude: -71.802 },
];

export const LANGUAGES = [
  { code: "en-US", display: "English" },
  { code: "en-US", display: "English" },
  { code: "en-US", display: "English" },
  { code: "es", display: "Spanish" },
  { code: "fr", display: "French" },
  { code: "pl", display: "Polish" },
];
