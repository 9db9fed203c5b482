import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

const reapInput = z.strictObject({ limit: z.int().min(1).max(100_000).default(1000) });

/** Deletes rows of values that have expired; see {@link State.reapExpired}. */
export async function reapExpiredStates(
  on: Executor,
  input: { readonly limit?: number | undefined } = {},
  options?: QueryOptions,
): Promise<number> {
  const { limit } = parseInput(reapInput, input, "what to reap");
  // Rows that someone is writing are passed over: they get a new life, or go the next time.
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`
      WITH expired AS MATERIALIZED (
        SELECT s.agent_id, s.state_key FROM agents.state AS s
        WHERE s.expires_at <= pg_catalog.statement_timestamp()
        ORDER BY s.expires_at
        LIMIT ${limit}
        FOR UPDATE OF s SKIP LOCKED
      )
      DELETE FROM agents.state AS s USING expired AS e
      WHERE s.agent_id = e.agent_id AND s.state_key = e.state_key`,
    options,
  );
  return rowCount;
}
