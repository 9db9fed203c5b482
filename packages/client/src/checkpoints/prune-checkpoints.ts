import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** Which checkpoints to keep. Give `keepNewest`, `olderThanMs` or both: deleted is what both let go. */
export interface PruneInput {
  /** Only of this agent. Default: of every agent. */
  readonly agentId?: string | undefined;
  /** Keeps this many of each agent, the newest. */
  readonly keepNewest?: number | undefined;
  /** Keeps what was taken more recently than this many milliseconds ago, by the server's clock. */
  readonly olderThanMs?: number | undefined;
  /** Keeps checkpoints that have a name; they do not count as newest ones, either. Default: false. */
  readonly keepNamed?: boolean | undefined;
}

const pruneInput = z
  .strictObject({
    agentId: z.guid().optional(),
    keepNewest: z.int().min(0).max(2_147_483_647).optional(),
    olderThanMs: z.int().min(0).max(3_153_600_000_000).optional(),
    keepNamed: z.boolean().default(false),
  })
  .refine(({ keepNewest, olderThanMs }) => keepNewest !== undefined || olderThanMs !== undefined, {
    message: "neither keepNewest nor olderThanMs is given; say what to keep",
  });

/** Deletes checkpoints that are no longer needed; see {@link Checkpoints.prune}. */
export async function pruneCheckpoints(
  on: Executor,
  input: PruneInput,
  options?: QueryOptions,
): Promise<number> {
  const { agentId, keepNewest, olderThanMs, keepNamed } = parseInput(pruneInput, input, "what to prune");
  const ofAgent = agentId === undefined ? sql.fragment`TRUE` : sql.fragment`c.agent_id = ${agentId}`;
  const unnamed = keepNamed ? sql.fragment`c.checkpoint_name IS NULL` : sql.fragment`TRUE`;
  const old =
    olderThanMs === undefined
      ? sql.fragment`TRUE`
      : sql.fragment`r.created_at < pg_catalog.now() - ${olderThanMs}::BIGINT * INTERVAL '1 millisecond'`;
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`
      DELETE FROM agents.checkpoints AS c
      USING (
        SELECT c.checkpoint_id, c.created_at, pg_catalog.row_number() OVER (
          PARTITION BY c.agent_id ORDER BY c.created_at DESC, c.checkpoint_id DESC
        ) AS place
        FROM agents.checkpoints AS c WHERE ${ofAgent} AND ${unnamed}
      ) AS r
      WHERE c.checkpoint_id = r.checkpoint_id AND r.place > ${keepNewest ?? 0}::BIGINT AND ${old}`,
    options,
  );
  return rowCount;
}
