import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { CatalogueIndex, CatalogueTable } from "./catalogue.ts";
import { covers } from "./covers.ts";
import { dropStatement } from "./index-statement.ts";
import { readCatalogue } from "./read-catalogue.ts";

/** An index, how it is used, and what to do about it. */
export interface IndexUsage {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly bytes: number;
  /** How often it was used on this server since its statistics began; replicas count for themselves. */
  readonly scans: number;
  /**
   * `needed`: a constraint, or the identity of rows on replicas, rests on it; `repeated`: another index does all that it
   * does; `invalid`: its building failed; `unused`: it was never used here.
   */
  readonly verdict: "needed" | "in use" | "unused" | "repeated" | "invalid";
  /** The index that does its work; null for none. */
  readonly by: string | null;
  /** The statement that takes it away, where nothing speaks against that; null where something does. */
  readonly drop: string | null;
}

/** All indexes of users' tables, with what the server knows of their use. */
export interface IndexUsageReport {
  readonly indexes: readonly IndexUsage[];
  /** Since when uses are counted; null for ever. */
  readonly since: Date | null;
  /** Whether servers read from this one: what they use is not counted here. */
  readonly hasReplicas: boolean;
}

const used = z.object({
  schema: z.string(),
  index: z.string(),
  bytes: z.coerce.number(),
  scans: z.coerce.number(),
});
const ask = { timeoutMs: 30_000 };

/**
 * Says of each index whether it is used, repeats another one, or rests under a constraint: those that can go come first, the
 * largest of them before the others. Those of a partitioned table are one.
 */
export async function indexUsage(on: Queryable): Promise<IndexUsageReport> {
  const { catalogue } = await readCatalogue(on, ask);
  const rows = await on.any(selectUse, ask);
  const facts = await on.one(selectFacts, ask);
  const use = new Map(rows.map((row) => [`${row.schema}\n${row.index}`, row]));
  const indexes = catalogue.tables.flatMap((table) =>
    table.indexes.map((index): IndexUsage => {
      const { bytes, scans } = use.get(`${table.schema}\n${index.name}`) ?? { bytes: 0, scans: 0 };
      const { verdict, by } = judge(table, index, scans);
      // What is unused here may be all that a replica has.
      const canGo =
        verdict === "invalid" || verdict === "repeated" || (verdict === "unused" && !facts.hasReplicas);
      return {
        schema: table.schema,
        table: table.name,
        index: index.name,
        bytes,
        scans,
        verdict,
        by,
        drop: canGo ? dropStatement(table.schema, index.name, table.isPartitioned) : null,
      };
    }),
  );
  const rank = ({ drop }: IndexUsage) => (drop === null ? 1 : 0);
  return {
    ...facts,
    indexes: indexes.toSorted(
      (a, b) =>
        rank(a) - rank(b) || b.bytes - a.bytes || (a.index < b.index ? -1 : a.index > b.index ? 1 : 0),
    ),
  };
}

function judge(
  table: CatalogueTable,
  index: CatalogueIndex,
  scans: number,
): Pick<IndexUsage, "verdict" | "by"> {
  if (index.isNeeded) return { verdict: "needed", by: null };
  if (!index.isValid) return { verdict: "invalid", by: null };
  const stronger = (of: CatalogueIndex) => table.indexes.filter((one) => one !== of && doesAllOf(one, of));
  // Of several that one which stays itself.
  const other = stronger(index).find((one) => stronger(one).length === 0);
  if (other !== undefined) return { verdict: "repeated", by: other.name };
  return { verdict: scans === 0 ? "unused" : "in use", by: null };
}

/** Whether one index makes another one needless; of two that are the same, the one that must stay, else the first by name. */
function doesAllOf(one: CatalogueIndex, other: CatalogueIndex): boolean {
  if (!one.isValid || !one.isOrdinary || !other.isOrdinary || !covers(one, other)) return false;
  return !covers(other, one) || one.isNeeded || one.name < other.name;
}

const selectUse = sql.type(used)`
  SELECT
    n.nspname AS schema, c.relname AS index, pg_catalog.sum(pg_catalog.pg_relation_size(s.indexrelid))::TEXT AS bytes,
    pg_catalog.sum(s.idx_scan)::TEXT AS scans
  FROM pg_catalog.pg_stat_user_indexes AS s
  CROSS JOIN LATERAL (
    SELECT COALESCE(pg_catalog.pg_partition_root(s.indexrelid)::OID, s.indexrelid) AS oid
  ) AS r
  JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  GROUP BY n.nspname, c.relname`;

const selectFacts = sql.type(z.object({ since: z.coerce.date().nullable(), hasReplicas: z.boolean() }))`
  SELECT
    (
      SELECT (EXTRACT(epoch FROM d.stats_reset) * 1000)::FLOAT8
      FROM pg_catalog.pg_stat_database AS d WHERE d.datname = pg_catalog.current_database()
    ) AS since,
    EXISTS (
      SELECT FROM pg_catalog.pg_replication_slots AS s WHERE s.slot_type = 'physical'
      UNION ALL
      SELECT FROM pg_catalog.pg_stat_replication
    ) AS "hasReplicas"`;
