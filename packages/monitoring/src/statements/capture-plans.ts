import { ClientError, type Database } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import { type KeptPlan, keepPlan } from "../plans/keep-plan.ts";
import { type CountedStatements, countStatements, statementTexts } from "../questions/statement-counts.ts";
import { explainStatement } from "./explain-statement.ts";
import { parseStatement } from "./parse-statement.ts";
import { nothingCounted, type StatementChange, statementChanges } from "./statement-changes.ts";

/** The bounds of a capture; all have a default. */
export interface CaptureBounds {
  /** Plans of so many statements in a round. Default: 10. */
  readonly statements?: number;
  /** How long a round may take, in milliseconds; what it has by then is kept. Default: 10,000. */
  readonly timeoutMs?: number;
  /** How long one question may take, and all that are asked for one statement, in milliseconds. Default: 1,000. */
  readonly statementTimeoutMs?: number;
}

/** What became of one statement. */
export type CapturedStatement = StatementChange & { readonly text: string } & (
    | KeptPlan
    | { readonly outcome: "not explained"; readonly reason: string }
  );

/** What a round came to. */
export interface CaptureReport {
  /** Whether the server records its statements at all. */
  readonly isRecorded: boolean;
  /** Whether the statistics were reset since the round before: what was slow before that is not known. */
  readonly isReset: boolean;
  readonly statements: readonly CapturedStatement[];
}

/** Captures plans, round after round. */
export interface PlanCapture {
  /**
   * Plans the statements that took the most time since the round before, and at the first since the statistics began, and
   * keeps each plan that is not on record. One that cannot be planned keeps no other from it.
   *
   * @throws ClientError or DatabaseError when the server is away, or the role may not keep plans
   */
  round(signal?: AbortSignal): Promise<CaptureReport>;
}

/** What PostgreSQL says of what it was told to give up. */
const canceled = "57014";

/** So many are looked at for each that is planned: most of what is left out has no plan. */
const lookedAt = 5;

/** Makes a capture of the plans of a database. Nothing is executed for it. */
export function createPlanCapture(
  database: Pick<Database, "transaction">,
  { statements: wanted = 10, timeoutMs = 10_000, statementTimeoutMs = 1_000 }: CaptureBounds = {},
): PlanCapture {
  let before: CountedStatements | undefined;
  return { round };

  async function round(signal?: AbortSignal): Promise<CaptureReport> {
    const end = performance.now() + timeoutMs;
    const counted = await reading(async (on) => await countStatements(on, statementTimeoutMs));
    if (counted === null) return { isRecorded: false, isReset: false, statements: [] };
    const { isReset, statements } = statementChanges(before ?? nothingCounted(counted), counted);
    before = counted;
    const slowest = statements.slice(0, wanted * lookedAt);
    const texts = await reading(
      async (on) =>
        await statementTexts(
          on,
          slowest.map(({ queryId }) => queryId),
          statementTimeoutMs,
        ),
    );
    const captured: CapturedStatement[] = [];
    for (const change of slowest) {
      const left = end - performance.now();
      const planned = captured.filter(({ outcome }) => outcome !== "not explained").length;
      if (signal?.aborted === true || left < 1 || planned >= wanted) break;
      const text = texts.get(change.queryId);
      if (text === undefined || (await parseStatement(text)).kind === "other") continue;
      captured.push(await capture(change, text, counted, Math.min(left, statementTimeoutMs)));
    }
    return { isRecorded: true, isReset, statements: captured };
  }

  async function capture(
    change: StatementChange,
    text: string,
    { byQueryId, at }: CountedStatements,
    limitMs: number,
  ): Promise<CapturedStatement> {
    const explained = await explainInTime(text, limitMs);
    if ("reason" in explained) return { ...change, text, outcome: "not explained", reason: explained.reason };
    const { calls, totalMs } = byQueryId.get(change.queryId) ?? change;
    const kept = await keepPlan(database, {
      queryId: change.queryId,
      text,
      plannedText: explained.text === text ? null : explained.text,
      plan: explained.plan,
      source: "generic",
      meanMs: calls === 0 ? null : totalMs / calls,
      calls,
      totalMs,
      stats: {
        at: at.toISOString(),
        lately_calls: change.calls,
        lately_total_ms: change.totalMs,
        lately_rows: change.rows,
        lately_hit_ratio: change.hitRatio,
      },
    });
    return { ...change, text, ...kept };
  }

  async function explainInTime(text: string, limitMs: number) {
    try {
      return await explainStatement(database, text, { timeoutMs: limitMs });
    } catch (error) {
      if (isTimeout(error)) return { reason: `it was not planned within ${Math.round(limitMs)} ms` };
      throw error;
    }
  }

  async function reading<Result>(work: Parameters<typeof database.transaction<Result>>[0]): Promise<Result> {
    return await database.transaction(work, { readOnly: true, retries: 0, timeoutMs: statementTimeoutMs });
  }
}

function isTimeout(error: unknown): boolean {
  if (error instanceof ClientError) return error.code === "TIMEOUT";
  return error instanceof DatabaseError && error.sqlState === canceled;
}
