import { createHash } from "node:crypto";
import { fingerprint, normalize } from "libpg-query";
import { z } from "zod";
import { type PlannedStatement, plannedStatement } from "../plans/planned-statement.ts";
import type { LogEntry } from "./log-entries.ts";

/** A plan that auto_explain wrote to the log when its statement was executed. */
export interface LoggedPlan {
  readonly queryId: string;
  /** With `$1`, `$2` … in place of literals. */
  readonly text: string;
  readonly durationMs: number | null;
  readonly plan: PlannedStatement;
}

const logged = z.looseObject({
  "Query Text": z.string().optional(),
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
    const plan = plannedStatement.parse([given]);
    const text = given["Query Text"] ?? "";
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
    return `text:${await fingerprint(text)}`;
  } catch {
    return `text:${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  }
}

async function withoutLiterals(text: string): Promise<string> {
  try {
    return await normalize(text);
  } catch {
    return text;
  }
}
