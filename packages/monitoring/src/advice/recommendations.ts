import { ClientError, type Queryable, sql } from "@mister-smith/client";
import {
  type MonitoringIndexRecommendationsRow,
  monitoringIndexRecommendationsRow,
} from "@mister-smith/schema";
import { z } from "zod";
import type { AdvisedIndex, IndexAdvice } from "./index-advice.ts";

const recommendation = sql.type(monitoringIndexRecommendationsRow);
const noRow = sql.type(z.object({}));

/** An index that was advised, and what became of it. */
export type IndexRecommendation = MonitoringIndexRecommendationsRow;

/**
 * Keeps advice in the database, each index once: one that is pending already has the new numbers, one that was rejected, or built
 * and reverted, stays so and is left out. What was pending of advice before and is advised no more is obsolete, where all statements
 * that it was for were looked at this time, or its table is gone. Returns what is pending of this advice, in its order.
 */
export async function keepAdvice(
  on: Queryable,
  { indexes, lookedAt = [] }: Pick<IndexAdvice, "indexes"> & Partial<Pick<IndexAdvice, "lookedAt">>,
): Promise<readonly IndexRecommendation[]> {
  const definitions = indexes.map(({ definition }) => definition);
  // What comes from captured plans alone has no costs: it is not this advice that was made anew.
  await on.query(
    noRow`
      UPDATE monitoring.index_recommendations AS r
      SET
        status = 'obsolete', decided_at = pg_catalog.clock_timestamp(),
        decision_reason = CASE
          WHEN t.is_there THEN 'it is advised no more'
          ELSE pg_catalog.format('the table %s.%s is gone', r.schema_name, r.table_name)
        END
      FROM (
        SELECT
          o.recommendation_id,
          pg_catalog.to_regclass(pg_catalog.format('%I.%I', o.schema_name, o.table_name)) IS NOT NULL AS is_there
        FROM monitoring.index_recommendations AS o
        WHERE o.status = 'pending' AND o.cost_before IS NOT NULL
      ) AS t
      WHERE t.recommendation_id = r.recommendation_id AND r.status = 'pending'
        AND r.definition <> ALL (${sql.array(definitions, "text")})
        AND (
          NOT t.is_there
          OR (pg_catalog.cardinality(r.query_hashes) > 0 AND r.query_hashes <@ ${sql.array([...lookedAt], "text")})
        )`,
    { idempotent: true },
  );
  const kept = [];
  for (const one of indexes) {
    const row = await on.maybeOne(insertOne(one), { idempotent: true });
    if (row !== null) kept.push(row);
  }
  return kept;
}

function insertOne(one: AdvisedIndex) {
  const { statements, costBefore, costAfter, writeCost } = one;
  const reason = `${statements.length} ${statements.length === 1 ? "statement finds" : "statements find"} rows of ${one.schema}.${one.table} by ${one.keys.join(", ")}`;
  const spared = Math.round((1 - costAfter / Math.max(costBefore, Number.EPSILON)) * 100);
  const benefit = `${spared} % of the cost of these statements, for which writes pay ${Math.round((writeCost / Math.max(costBefore, Number.EPSILON)) * 100)} %`;
  return recommendation`
    INSERT INTO monitoring.index_recommendations AS r (
      schema_name, table_name, column_names, index_type, recommendation_reason, estimated_benefit, query_patterns,
      index_name, definition, is_validated, not_validated_because, size_bytes, cost_before, cost_after, write_cost,
      lost_hot_updates, query_hashes
    ) VALUES (
      ${one.schema}, ${one.table}, ${sql.array([...one.keys], "text")}, ${one.method}, ${reason}, ${benefit},
      ${sql.array(
        statements.map(({ text }) => text),
        "text",
      )},
      ${one.name}, ${one.definition}, ${one.isValidated}, ${one.notValidatedBecause}, ${one.sizeBytes}::BIGINT,
      ${costBefore}::FLOAT8, ${costAfter}::FLOAT8, ${writeCost}::FLOAT8, ${one.lostHotUpdates}::BIGINT,
      ${sql.array(
        statements.map(({ queryId }) => queryId),
        "text",
      )}
    )
    ON CONFLICT (definition) WHERE status IN ('pending', 'rejected') DO UPDATE SET
      recommendation_reason = EXCLUDED.recommendation_reason, estimated_benefit = EXCLUDED.estimated_benefit,
      query_patterns = EXCLUDED.query_patterns, is_validated = EXCLUDED.is_validated,
      not_validated_because = EXCLUDED.not_validated_because, size_bytes = EXCLUDED.size_bytes,
      cost_before = EXCLUDED.cost_before, cost_after = EXCLUDED.cost_after, write_cost = EXCLUDED.write_cost,
      lost_hot_updates = EXCLUDED.lost_hot_updates, query_hashes = EXCLUDED.query_hashes
    WHERE r.status = 'pending'
    RETURNING r.*`;
}

/** What was advised, the latest first; of one status where one is given. */
export async function listRecommendations(
  on: Queryable,
  {
    status = null,
    limit,
  }: { readonly status?: IndexRecommendation["status"] | null; readonly limit: number },
): Promise<readonly IndexRecommendation[]> {
  return await on.any(recommendation`
    SELECT r.* FROM monitoring.index_recommendations AS r
    WHERE ${status}::TEXT IS NULL OR r.status = ${status}
    ORDER BY r.created_at DESC, r.recommendation_id
    LIMIT ${limit}`);
}

/** One recommendation; null where there is none of the id. */
export async function getRecommendation(on: Queryable, id: string): Promise<IndexRecommendation | null> {
  return await on.maybeOne(recommendation`
    SELECT r.* FROM monitoring.index_recommendations AS r WHERE r.recommendation_id = ${sql.uuid(id)}`);
}

/**
 * Turns a pending recommendation down, so that it is not given again; returns it as it is then.
 *
 * @throws ClientError `NOT_FOUND`, or `WRONG_STATUS` for one that is not pending
 */
export async function rejectRecommendation(
  on: Queryable,
  id: string,
  reason: string | null = null,
): Promise<IndexRecommendation> {
  const rejected = await on.maybeOne(recommendation`
    UPDATE monitoring.index_recommendations AS r
    SET status = 'rejected', decided_at = pg_catalog.clock_timestamp(), decision_reason = ${reason}
    WHERE r.recommendation_id = ${sql.uuid(id)} AND r.status = 'pending'
    RETURNING r.*`);
  if (rejected !== null) return rejected;
  throw refusalOf(id, await getRecommendation(on, id), "pending");
}

/** Why a recommendation is not what it must be. */
export function refusalOf(
  id: string,
  found: IndexRecommendation | null,
  wanted: IndexRecommendation["status"],
): ClientError {
  if (found === null)
    return new ClientError("NOT_FOUND", `there is no index recommendation ${id}`, {
      hint: "`smith index explain` lists those that there are.",
    });
  return new ClientError("WRONG_STATUS", `the index recommendation ${id} is ${found.status}, not ${wanted}`, {
    hint: "`smith index explain` shows what became of each.",
  });
}
