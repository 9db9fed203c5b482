import { sql } from "../statement/sql.ts";

/** What stands before and after each word that matches. */
export interface HeadlineMarks {
  readonly before: string;
  readonly after: string;
}

const defaults: HeadlineMarks = { before: "**", after: "**" };

// From the private use area: the server's own syntax for options cannot carry any mark one might want.
const before = "\uE000";
const after = "\uE001";

/** The options of `ts_headline`: up to three places of the text. */
export const headlineOptions = sql.fragment`${`MaxFragments=3, MaxWords=30, MinWords=10, StartSel=${before}, StopSel=${after}`}`;

/** Puts the caller's marks into a headline. */
export function markHeadline(headline: string | null, marks: boolean | HeadlineMarks): string | null {
  const { before: start, after: stop } = typeof marks === "boolean" ? defaults : marks;
  return headline?.replaceAll(before, () => start).replaceAll(after, () => stop) ?? null;
}
