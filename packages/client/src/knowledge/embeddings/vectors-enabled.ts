import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";

/** Whether embeddings are stored as pgvector's type and found by its index. Without, every one is compared. */
export async function vectorsEnabled(on: Executor, options?: QueryOptions): Promise<boolean> {
  return (await vectorSchema(on, options)) !== null;
}

/** The schema of pgvector where it is in use, else null. */
export async function vectorSchema(on: Executor, options?: QueryOptions): Promise<string | null> {
  return await on.read.oneFirst(
    sql.type(z.object({ schema: z.string().nullable() }))`
      SELECT (
        SELECT n.nspname
        FROM pg_extension AS x JOIN pg_namespace AS n ON n.oid = x.extnamespace
        WHERE x.extname = 'vector' AND knowledge.vectors_enabled()
      )::TEXT AS "schema"
    `,
    options,
  );
}
