import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";

/**
 * Finds those agents that are registered and keeps them so until the transaction ends: what is written for them in the
 * same statement is refused by no foreign key. Whoever writes state takes this lock before any lock of a row of state, and
 * a restore takes its stronger sister first: so they wait for each other here, and never in a circle.
 *
 * @param agentIds one identifier, or a statement that selects several
 */
export function knownAgents(agentIds: string | SqlFragment): SqlFragment {
  const which =
    typeof agentIds === "string"
      ? sql.fragment`r.agent_id = ${agentIds}`
      : sql.fragment`r.agent_id IN (${agentIds})`;
  return sql.fragment`
    SELECT r.agent_id FROM agents.registry AS r WHERE ${which} ORDER BY r.agent_id FOR KEY SHARE OF r`;
}
