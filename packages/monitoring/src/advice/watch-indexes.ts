import { type Queryable, sql } from "@mister-smith/client";
import { monitoringIndexRecommendationsRow } from "@mister-smith/schema";
import { z } from "zod";
import { serverFacts } from "../collect/server-facts.ts";
import { indexState } from "./index-parts.ts";
import { dropStatement } from "./index-statement.ts";
import { type IndexVerdict, judgeIndex, type WatchBounds } from "./judge-index.ts";
import type { IndexRecommendation } from "./recommendations.ts";
import { statementsOnTable } from "./statements-on-table.ts";

/** An index that was built on advice, and how it fares. */
export interface WatchedIndex extends IndexVerdict {
  readonly recommendation: IndexRecommendation;
  /** The statement that takes it away again, where it made things worse; null where it did not. */
  readonly revert: string | null;
}

const watched = z.record(
  z.string(),
  z.object({ calls: z.number(), totalMs: z.number(), text: z.string().default("") }),
);

/**
 * Holds what the statements of a table took before an index was built on advice against what they take since, as
 * pg_stat_statements has it, and advises to revert one that made them slower in all, and is still there: for the indexes of the last so many days.
 */
export async function watchIndexes(
  on: Queryable,
  { minCalls = 20, change = 0.2, days = 30 }: Partial<WatchBounds & { readonly days: number }> = {},
): Promise<readonly WatchedIndex[]> {
  const implemented = await on.any(sql.type(monitoringIndexRecommendationsRow)`
    SELECT r.* FROM monitoring.index_recommendations AS r
    WHERE r.status = 'implemented'
      AND r.implemented_at > pg_catalog.clock_timestamp() - ${days}::FLOAT8 * INTERVAL '1 day'
    ORDER BY r.implemented_at DESC, r.recommendation_id
    LIMIT 100`);
  const resetAt = implemented.length === 0 ? null : await statementsResetAt(on);
  const found: WatchedIndex[] = [];
  for (const one of implemented) {
    const { schema_name: schema, table_name: table, index_name: index } = one;
    const state = await indexState(on, schema, table, index);
    const before = watched.safeParse(one.watched_statements);
    const judged = judgeIndex(
      before.success ? before.data : {},
      await statementsOnTable(on, one),
      { minCalls, change },
      resetAt !== null && one.implemented_at !== null && resetAt > one.implemented_at,
    );
    const isThere = state?.state === "valid";
    const verdict = isThere ? judged.verdict : "gone";
    const revert = verdict === "worse" && isThere ? dropStatement(schema, index, state.isPartitioned) : null;
    found.push({ recommendation: one, ...judged, verdict, revert });
  }
  return found;
}

async function statementsResetAt(on: Queryable): Promise<Date | null> {
  const { statementsSchema } = await serverFacts(on, 10_000);
  if (statementsSchema === null) return null;
  return await on.oneFirst(sql.type(z.object({ resetAt: z.coerce.date().nullable() }))`
    SELECT (EXTRACT(epoch FROM i.stats_reset) * 1000)::FLOAT8 AS "resetAt"
    FROM ${sql.identifier([statementsSchema, "pg_stat_statements_info"])} AS i`);
}
