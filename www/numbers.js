// Numbers as people read them: thousands separated, bytes in units, durations.

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
const precise = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 15 });

/** `12345` → `12,345` */
export const count = (number) => whole.format(number);

/** A measured value with all its digits. */
export const measured = (number) => precise.format(number);

/** `1` → `1 page`, `2` → `2 pages` */
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** `1234567` → `1.23 MB`, in powers of a thousand. */
export function bytes(number) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let power = 0;
  let value = number;
  while (value >= 999.5 && power < units.length - 1) {
    value /= 1000;
    power += 1;
  }
  return `${power === 0 ? whole.format(value) : fine.format(value)} ${units[power]}`;
}

/** `0.1234` → `12.3 %` */
export const percent = (share) => `${fine.format(share * 100)} %`;

/** Milliseconds: `0.42 ms`, `12.3 ms`, `1.53 s`, `2 min 5 s`. */
export function duration(milliseconds) {
  if (milliseconds < 999.5) return `${fine.format(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${fine.format(milliseconds / 1000)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${count(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** How many a second, once there was time to tell. */
export function rate(number, milliseconds) {
  return milliseconds > 0 ? (number * 1000) / milliseconds : 0;
}
