import { createHash } from "node:crypto";
import { fingerprint, normalize, parse } from "libpg-query";
import { z } from "zod";
import { type PlannedStatement, plannedStatement } from "../plans/planned-statement.ts";
import type { LogEntry } from "./log-entries.ts";

/** A plan that auto_explain wrote to the log when its statement was executed. */
export interface LoggedPlan {
  readonly queryId: string;
  /** With `$1`, `$2` … in place of literals; a comment that says so where they cannot be found. */
  readonly text: string;
  readonly durationMs: number | null;
  readonly plan: PlannedStatement;
}

/** What is kept of a statement that cannot be read. */
const unreadText = "-- the statement cannot be read, so its text is left out";

const logged = z.looseObject({
  "Query Text": z.string().optional(),
  "Query Parameters": z.unknown().optional(),
  "Query Identifier": z.union([z.number(), z.string()]).optional(),
  Plan: z.unknown(),
});

/**
 * The plan in an entry of the log; null where there is none, and a reason where there is one that cannot be read, as in a
 * log that was cut. It goes by no word of the message: those are in the language of the server.
 */
export async function loggedPlan({ message, queryId }: LogEntry): Promise<LoggedPlan | string | null> {
  const begin = message.indexOf("\n{");
  if (begin < 0 || !message.includes('"Query Text"')) return null;
  try {
    const json = message.slice(begin + 1).replace(/"Query Identifier": (-?\d+)/, '"Query Identifier": "$1"');
    const given = logged.parse(JSON.parse(json));
    // The plan would say the literals again.
    const { "Query Text": text = "", "Query Parameters": _, ...rest } = given;
    const plan = plannedStatement.parse([rest]);
    const said = given["Query Identifier"];
    return {
      queryId: queryId ?? (said === undefined ? await idOf(text) : String(said)),
      text: await withoutLiterals(text),
      durationMs: durationIn(message.slice(0, begin)),
      plan,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The last number with three digits behind its point, as `duration: 12.345 ms  plan:` has it in any language. */
function durationIn(firstLine: string): number | null {
  const [last] = [...firstLine.matchAll(/\d+\.\d{3}(?!\d)/g)].reverse();
  return last === undefined ? null : Number(last[0]);
}

/** Where the server gave no queryid: one of ours, that is the same for the same statement with other literals. */
async function idOf(text: string): Promise<string> {
  try {
    // fingerprint() gives the message of an error for what is no statement.
    await parse(text);
    return `text:${await fingerprint(text)}`;
  } catch {
    return `text:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  }
}

/** Where one cannot be told from another, nothing of the text is kept: it may hold what nobody else may read. */
async function withoutLiterals(text: string): Promise<string> {
  try {
    // normalize() takes what no parser does.
    await parse(text);
    return await normalize(text);
  } catch {
    return unreadText;
  }
}
