// FHIR dates: of any precision, shown no more precisely than they were given.

const FHIR_DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

const format = (options) => new Intl.DateTimeFormat("en-GB", options);
const month = format({ month: "short", year: "numeric", timeZone: "UTC" });
const day = format({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const minute = format({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const second = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const time = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });

/**
 * The first moment that a FHIR date, dateTime or instant may mean, in milliseconds; `undefined`
 * for what is none. Without a zone it is taken as UTC.
 */
export function moment(text) {
  const parts = typeof text === "string" ? FHIR_DATE.exec(text) : null;
  if (!parts) return undefined;
  const [, year, of = "01", on = "01", hour, minutes] = parts;
  const date = `${year}-${of}-${on}`;
  const value = hour === undefined ? Date.parse(date) : Date.parse(parts[7] ? text : `${date}T${hour}:${minutes}Z`);
  return Number.isNaN(value) ? undefined : value;
}

/** A FHIR date as people read it: `2012`, `Mar 2012`, `14 Mar 2012`, with the time if `withTime`. */
export function readable(text, { withTime = false } = {}) {
  const at = moment(text);
  if (at === undefined) return typeof text === "string" ? text : "";
  if (text.length === 4) return text;
  if (text.length === 7) return month.format(at);
  if (text.length === 10) return day.format(at);
  return withTime ? minute.format(at) : day.format(at);
}

/** The year that a FHIR date falls in, as written. */
export function yearOf(text) {
  return moment(text) === undefined ? undefined : Number(text.slice(0, 4));
}

/** Full years between two FHIR dates or moments; `undefined` where a birth date is no more than a year. */
export function age(birthDate, at = Date.now()) {
  const birth = moment(birthDate);
  if (birth === undefined || birthDate.length < 7) return undefined;
  const [born, then] = [new Date(birth), new Date(at)];
  const hadBirthday =
    then.getUTCMonth() > born.getUTCMonth() ||
    (then.getUTCMonth() === born.getUTCMonth() && then.getUTCDate() >= born.getUTCDate());
  const years = then.getUTCFullYear() - born.getUTCFullYear() - (hadBirthday ? 0 : 1);
  return years < 0 ? undefined : years;
}

/** A moment on a plot's axis or beside a point. */
export const onDay = (milliseconds) => day.format(milliseconds);

/** A server's instant in the reader's time, to the second. */
export const exactly = (text) => (moment(text) === undefined ? "" : second.format(moment(text)));

/** The reader's clock now. */
export const clock = (milliseconds) => time.format(milliseconds);

/** How long ago a moment was, roughly. */
export function ago(milliseconds, now = Date.now()) {
  const minutes = Math.floor((now - milliseconds) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} days ago`;
}
