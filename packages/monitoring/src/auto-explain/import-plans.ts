import type { Database } from "@mister-smith/client";
import { keepPlan } from "../plans/keep-plan.ts";
import { boundedLines } from "./bounded-lines.ts";
import { logEntries } from "./log-entries.ts";
import { loggedPlan } from "./logged-plan.ts";

/** What an import came to. */
export interface ImportedPlans {
  /** Plans that were the first of their statement, another one than before, or the same. */
  readonly first: number;
  readonly changed: number;
  readonly same: number;
  /** Entries with a plan that cannot be read. */
  readonly unreadable: number;
  /** Why the first of those cannot. */
  readonly reasons: readonly string[];
  /** Whether it ended because there were more plans than it may take. */
  readonly isCut: boolean;
}

/** The bounds of an import. */
export interface ImportBounds {
  /** It ends after so many plans. Default: 10,000. */
  readonly plans?: number;
  readonly signal?: AbortSignal;
}

const mostReasons = 5;

/**
 * Keeps the plans that auto_explain wrote to a log of PostgreSQL as JSON (`auto_explain.log_format = json`), in their order. What
 * else is in the log is left out. Nothing is executed.
 *
 * @throws ClientError or DatabaseError when they cannot be kept; what reading the log throws
 */
export async function importPlans(
  database: Pick<Database, "transaction">,
  log: AsyncIterable<string>,
  { plans: most = 10_000, signal }: ImportBounds = {},
): Promise<ImportedPlans> {
  const counts = { first: 0, changed: 0, same: 0 };
  const reasons: string[] = [];
  let unreadable = 0;
  let taken = 0;
  for await (const entry of logEntries(boundedLines(log))) {
    signal?.throwIfAborted();
    const found = await loggedPlan(entry);
    if (found === null) continue;
    if (typeof found === "string") {
      unreadable += 1;
      if (reasons.length < mostReasons) reasons.push(found);
      continue;
    }
    if (taken === most) return { ...counts, unreadable, reasons, isCut: true };
    taken += 1;
    const { outcome } = await keepPlan(database, {
      queryId: found.queryId,
      text: found.text,
      plannedText: null,
      plan: found.plan,
      source: "executed",
      meanMs: null,
      calls: null,
      totalMs: null,
      stats: { duration_ms: found.durationMs },
    });
    counts[outcome] += 1;
  }
  return { ...counts, unreadable, reasons, isCut: false };
}
