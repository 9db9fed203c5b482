const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** What is not known is a dash, and never 0. */
export const unknown = "–";

/** @param {number} value */
function short(value) {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return whole.format(value);
  return size >= 10 ? value.toFixed(1) : size >= 0.01 || size === 0 ? value.toFixed(2) : value.toPrecision(1);
}

/** @param {number | null} value */
export function count(value) {
  if (value === null) return unknown;
  if (Math.abs(value) >= 10_000_000) return `${short(value / 1_000_000)} M`;
  if (Math.abs(value) >= 100_000) return `${short(value / 1_000)} k`;
  return Number.isInteger(value) ? whole.format(value) : short(value);
}

/** @param {number | null} value */
export function bytes(value) {
  if (value === null) return unknown;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let left = value;
  while (Math.abs(left) >= 1_000 && at < units.length - 1) {
    left /= 1_000;
    at += 1;
  }
  return `${at === 0 ? whole.format(left) : short(left)} ${units[at]}`;
}

/** @param {number | null} value in seconds */
export function seconds(value) {
  if (value === null) return unknown;
  if (value === 0) return "0 s";
  if (value < 0.001) return `${short(value * 1_000_000)} µs`;
  if (value < 1) return `${short(Number((value * 1_000).toPrecision(3)))} ms`;
  if (value < 120) return `${short(Number(value.toPrecision(3)))} s`;
  if (value < 7_200) return `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s`;
  if (value < 172_800) return `${Math.floor(value / 3_600)} h ${Math.floor((value % 3_600) / 60)} min`;
  return `${whole.format(Math.floor(value / 86_400))} days`;
}

/** @param {number | null} value in milliseconds */
export function milliseconds(value) {
  return seconds(value === null ? null : value / 1_000);
}

/** @param {number | null} value in percent */
export function percent(value) {
  if (value === null) return unknown;
  return `${value >= 99.95 ? "100" : value.toFixed(1)} %`;
}

/** @param {number | null} value */
export function perSecond(value) {
  return value === null ? unknown : `${short(value)}/s`;
}

/** @type {Readonly<Record<string, (value: number | null) => string>>} */
export const byUnit = {
  seconds,
  bytes,
  "bytes per second": (value) => (value === null ? unknown : `${bytes(value)}/s`),
  "per second": perSecond,
  count,
  percent,
};
