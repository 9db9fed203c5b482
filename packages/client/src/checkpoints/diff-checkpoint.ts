import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { live } from "../state/live.ts";
import { sql } from "../statement/sql.ts";
import { snapshotOwner } from "./snapshot-owner.ts";

const row = z.object({ stateKey: z.string(), change: z.enum(["added", "removed", "changed"]) });

/** How the present state differs from a checkpoint: the keys, in order. */
export interface CheckpointDiff {
  /** There now, and not in the checkpoint. */
  readonly added: readonly string[];
  /** In the checkpoint, and not there now. */
  readonly removed: readonly string[];
  /** In both, with different values. */
  readonly changed: readonly string[];
}

/** Compares a checkpoint with the present state of its agent; see {@link Checkpoints.diff}. */
export async function diffCheckpoint(
  on: Executor,
  checkpointId: string,
  options?: QueryOptions,
): Promise<CheckpointDiff> {
  const id = parseInput(z.guid(), checkpointId, "the checkpoint to compare");
  const agentId = await snapshotOwner(on.write, id, options);
  const rows = await on.write.any(
    sql.type(row)`
      WITH snapshot AS (
        SELECT e.key, e.value FROM agents.checkpoints AS c, pg_catalog.jsonb_each(c.state_snapshot) AS e
        WHERE c.checkpoint_id = ${id}
      ),
      present AS (
        SELECT s.state_key, s.state_value FROM agents.state AS s
        WHERE s.agent_id = ${agentId} AND ${live("s")}
      )
      SELECT
        COALESCE(p.state_key, e.key) AS "stateKey",
        CASE
          WHEN e.key IS NULL THEN 'added'
          WHEN p.state_key IS NULL THEN 'removed'
          ELSE 'changed'
        END AS change
      FROM present AS p FULL JOIN snapshot AS e ON e.key = p.state_key
      WHERE e.value IS DISTINCT FROM p.state_value
      ORDER BY 1`,
    options,
  );
  const keys = (wanted: string) =>
    rows.filter(({ change }) => change === wanted).map(({ stateKey }) => stateKey);
  return { added: keys("added"), removed: keys("removed"), changed: keys("changed") };
}
