import { type Queryable, sql } from "@mister-smith/client";
import type { IndexStmt } from "libpg-query";
import { z } from "zod";
import { quoted } from "./candidate.ts";
import { buildStatement, type IndexedTable } from "./index-statement.ts";
import { ownStatement } from "./own-statement.ts";

const twin = { schema: "pg_temp", name: "advised_index_twin" };
const twinIndex = "advised_index_twin_index";
const shape = z.object({ shape: z.string() });

/**
 * Whether an index that is there is the one that a definition says. The server writes definitions in its own way, so it is asked
 * for that of the same index on a copy of the table without rows, which is temporary.
 *
 * @param on one connection: the copy is of its session
 */
export async function isDefinedAs(
  on: Queryable,
  definition: IndexStmt,
  table: IndexedTable,
  index: string,
): Promise<boolean> {
  const wanted = `${quoted(twin.schema)}.${quoted(twin.name)}`;
  await on.query(
    ownStatement(`CREATE TEMPORARY TABLE ${wanted} (LIKE ${quoted(table.schema)}.${quoted(table.name)})`),
  );
  try {
    await on.query(ownStatement(buildStatement(definition, twin, twinIndex)));
    const asked = await on.one(selectShape(wanted, twinIndex));
    const found = await on.maybeOne(selectShape(`${quoted(table.schema)}.${quoted(table.name)}`, index));
    return found?.shape === asked.shape;
  } finally {
    await on.query(ownStatement(`DROP TABLE IF EXISTS ${wanted}`));
  }
}

// Not by the numbers of columns: a table has those of dropped ones too.
const selectShape = (table: string, index: string) => sql.type(shape)`
  SELECT pg_catalog.jsonb_build_array(
    m.amname, i.indisunique, i.indnkeyatts, i.indclass::TEXT, i.indcollation::TEXT, i.indoption::TEXT,
    (
      SELECT pg_catalog.jsonb_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k.place, TRUE) ORDER BY k.place)
      FROM pg_catalog.generate_series(1, i.indnatts::INTEGER) AS k (place)
    ),
    pg_catalog.pg_get_expr(i.indpred, i.indrelid, TRUE)
  )::TEXT AS shape
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
  WHERE i.indrelid = pg_catalog.to_regclass(${table}) AND c.relname = ${index}`;
