import { z } from "zod";
import type { Queryable } from "../queryable/queryable.ts";
import { sql } from "../statement/sql.ts";
import { type Lsn, parseLsn } from "./lsn.ts";
import { timelineOf } from "./timeline.ts";

const position = z.object({ lsn: z.string(), walFile: z.string() });

// The position of insertion is past every commit that was answered, also of those that were not flushed yet.
const positionStatement = sql.type(position)`
  SELECT
    pg_catalog.pg_current_wal_insert_lsn()::text AS lsn,
    pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) AS "walFile"
`;

/** Up to where a primary has written; undefined when it does not say. */
export async function writePosition(
  on: Queryable,
  timeoutMs: number,
): Promise<{ readonly timeline: number; readonly lsn: Lsn } | undefined> {
  const row = await on.one(positionStatement, { timeoutMs });
  const lsn = parseLsn(row.lsn);
  const timeline = timelineOf(row.walFile);
  return lsn === undefined || timeline === undefined ? undefined : { timeline, lsn };
}
