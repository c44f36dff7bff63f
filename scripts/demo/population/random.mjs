// Chance that can be repeated: the same seed and name give the same sequence, on every platform.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The lower 16 bits in hexadecimal. */
const half = (word) => HEX[(word >>> 8) & 255] + HEX[word & 255];

/** Four 32-bit numbers from a text (FNV-1a with a final mix, once for each). */
function spread(text) {
  return [0, 1, 2, 3].map((salt) => {
    let hash = 0x811c9dc5 ^ Math.imul(salt + 1, 0x9e3779b1);
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  });
}

/**
 * @param {number | string} seed
 * @param {string} name What the chance is for; each name has a sequence of its own.
 */
export function randomOf(seed, name) {
  let [a, b, c, d] = spread(`${seed} ${name}`);

  /** The next 32 bits (sfc32). */
  function bits() {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  }
  for (let round = 0; round < 12; round += 1) bits();

  /** At least 0, less than 1. */
  const unit = () => bits() / 4294967296;
  const between = (low, high) => low + (high - low) * unit();

  return {
    between,
    chance: (probability) => unit() < probability,
    /** A whole number, both ends included. */
    whole: (low, high) => Math.floor(between(low, high + 1)),
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => list[Math.floor(unit() * list.length)],
    /** About normally distributed, mean 0, deviation 1. */
    normal: () => (unit() + unit() + unit() + unit() - 2) * Math.sqrt(3),
    /** Digits, as text. */
    digits: (count) => Array.from({ length: count }, () => Math.floor(unit() * 10)).join(""),
    /** A UUID of version 4 by its form. */
    uuid() {
      const [first, second, third, fourth] = [bits(), bits(), bits(), bits()];
      const version = (second & 0x0fff) | 0x4000;
      const variant = ((third >>> 16) & 0x3fff) | 0x8000;
      return (
        `${half(first >>> 16)}${half(first)}-${half(second >>> 16)}-${half(version)}-` +
        `${half(variant)}-${half(third)}${half(fourth >>> 16)}${half(fourth)}`
      );
    },
  };
}
