import { z } from "zod";
import { live } from "../state/live.ts";
import { sql } from "../statement/sql.ts";

const row = z.object({
  stateKey: z.string().nullable(),
  change: z.enum(["added", "removed", "changed", "unchanged", "no-snapshot"]),
});
/** What became of one key. */
export type StateKeyChange = z.output<typeof row>;

/**
 * Makes the state of an agent that of a checkpoint, key by key, and says what it did. The rows must be locked.
 *
 * A value that is as it should be is not written: its version, times and expiry stay. A row that has expired counts as
 * not there, and gets a new life.
 */
export function writeSnapshot(agentId: string, checkpointId: string) {
  return sql.type(row)`
    WITH checkpoint AS MATERIALIZED (
      SELECT c.state_snapshot FROM agents.checkpoints AS c
      WHERE c.checkpoint_id = ${checkpointId} AND c.agent_id = ${agentId}
    ),
    wanted AS MATERIALIZED (
      SELECT e.key, e.value FROM checkpoint AS c, pg_catalog.jsonb_each(c.state_snapshot) AS e
    ),
    present AS MATERIALIZED (
      SELECT s.state_key, s.state_value, ${live("s")} AS live FROM agents.state AS s
      WHERE s.agent_id = ${agentId}
    ),
    judged AS MATERIALIZED (
      SELECT COALESCE(w.key, p.state_key) AS state_key, w.value, CASE
        WHEN w.key IS NULL AND p.live THEN 'removed'
        WHEN w.key IS NULL THEN 'expired'
        WHEN p.live IS NOT TRUE THEN 'added'
        WHEN w.value IS DISTINCT FROM p.state_value THEN 'changed'
        ELSE 'unchanged'
      END AS change
      FROM present AS p FULL JOIN wanted AS w ON w.key = p.state_key
      WHERE EXISTS (SELECT FROM checkpoint)
    ),
    deleted AS (
      DELETE FROM agents.state AS s USING judged AS j
      WHERE s.agent_id = ${agentId} AND s.state_key = j.state_key AND j.change IN ('removed', 'expired')
    ),
    written AS (
      INSERT INTO agents.state AS stored (agent_id, state_key, state_value, created_at, updated_at)
      SELECT
        ${agentId}, j.state_key, j.value, pg_catalog.statement_timestamp(), pg_catalog.statement_timestamp()
      FROM judged AS j WHERE j.change IN ('added', 'changed')
      ON CONFLICT (agent_id, state_key) DO UPDATE SET
        state_value = EXCLUDED.state_value,
        version = CASE WHEN ${live("stored")} THEN stored.version + 1 ELSE 1 END,
        created_at = CASE WHEN ${live("stored")} THEN stored.created_at ELSE EXCLUDED.created_at END,
        expires_at = CASE WHEN ${live("stored")} THEN stored.expires_at END
    )
    SELECT j.state_key AS "stateKey", j.change FROM judged AS j WHERE j.change <> 'expired'
    UNION ALL
    SELECT NULL, 'no-snapshot' WHERE NOT EXISTS (SELECT FROM checkpoint)
    ORDER BY 1`;
}
