import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";

/** Whether the database keeps advice on indexes. */
export async function hasIndexRecommendations(on: Queryable): Promise<boolean> {
  return await on.oneFirst(sql.type(z.object({ has: z.boolean() }))`
    SELECT EXISTS (
      SELECT
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = 'monitoring' AND c.relname = 'index_recommendations'
    ) AS has`);
}

const recommendationRow = z.object({ row: z.record(z.string(), z.json()) });

/** The advice that waits to be followed first, then the latest. */
export async function selectIndexRecommendations(on: Queryable, limit: number) {
  const rows = await on.any(sql.type(recommendationRow)`
    SELECT pg_catalog.to_jsonb(r) AS row
    FROM monitoring.index_recommendations AS r
    ORDER BY r.status <> 'pending', r.created_at DESC
    LIMIT ${limit}`);
  return rows.map(({ row }) => row);
}
