import type { ClientConfiguration } from "slonik";

/** How a replay reads what it compares: as values that equal what was recorded, and never rounded to do so. */
export const exactTypes: ClientConfiguration["typeParsers"] = [
  { name: "timestamptz", parse: isoTime },
  { name: "int8", parse: Number },
  { name: "numeric", parse: Number },
];

// Recorded times have milliseconds. What has more is no time that a replay wrote, and stays as it is to be seen.
function isoTime(text: string): string {
  return /\.\d{4,}/.test(text) ? text : new Date(text).toISOString();
}
