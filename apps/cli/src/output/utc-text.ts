/** A time for tables, to the second: `2026-11-23T02:30:00Z`; `-` where there is none. */
export function utcText(time: Date | null): string {
  return time === null ? "-" : `${time.toISOString().slice(0, -5)}Z`;
}

/** A time with its milliseconds: `2026-11-23T02:30:00.125Z`; `-` where there is none. */
export function exactUtcText(time: Date | null): string {
  return time === null ? "-" : time.toISOString();
}
