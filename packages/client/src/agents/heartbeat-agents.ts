import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { noSuchAgent } from "./agent-error.ts";

/** What became of heartbeats. */
export interface Heartbeats {
  /** Agents that were heard of. */
  readonly recorded: readonly string[];
  /** Agents that are terminated, and stay so. */
  readonly terminated: readonly string[];
  /** Agents that are not registered. */
  readonly unknown: readonly string[];
}

const row = z.object({ agentId: z.guid(), outcome: z.enum(["recorded", "terminated", "unknown"]) });

/** Notes that an agent lives; see {@link Agents.heartbeat}. */
export async function heartbeatAgent(on: Executor, agentId: string, options?: QueryOptions): Promise<void> {
  const { terminated, unknown } = await heartbeatAgents(on, [agentId], options);
  if (unknown.length > 0) throw noSuchAgent(agentId);
  if (terminated.length > 0)
    throw new ClientError("WRONG_STATUS", `agent ${agentId} is terminated, so its heartbeat does not count`, {
      hint: "Stop the process that sends it, or register a new agent.",
      details: { agentId, status: "terminated" },
    });
}

/** Notes that several agents live; see {@link Agents.heartbeatMany}. */
export async function heartbeatAgents(
  on: Executor,
  agentIds: readonly string[],
  options?: QueryOptions,
): Promise<Heartbeats> {
  const ids = parseInput(z.array(z.guid()).max(100_000), agentIds, "the agents that live");
  if (ids.length === 0) return { recorded: [], terminated: [], unknown: [] };
  const rows = await on.write.any(
    sql.type(row)`
      WITH input AS MATERIALIZED (
        SELECT DISTINCT i.agent_id FROM ${sql.unnest(
          ids.map((id) => [id]),
          ["uuid"],
        )} AS i (agent_id)
      ),
      locked AS MATERIALIZED (
        SELECT a.agent_id, a.status FROM agents.registry AS a
        WHERE a.agent_id IN (SELECT i.agent_id FROM input AS i)
        ORDER BY a.agent_id
        FOR NO KEY UPDATE OF a
      ),
      recorded AS (
        UPDATE agents.registry AS a SET last_heartbeat = GREATEST(a.last_heartbeat, pg_catalog.clock_timestamp())
        FROM locked AS l WHERE a.agent_id = l.agent_id AND l.status <> 'terminated'
      )
      SELECT
        i.agent_id AS "agentId",
        CASE l.status WHEN 'terminated' THEN 'terminated' ELSE
          CASE WHEN l.agent_id IS NULL THEN 'unknown' ELSE 'recorded' END
        END AS outcome
      FROM input AS i LEFT JOIN locked AS l ON l.agent_id = i.agent_id`,
    options,
  );
  const those = (wanted: string) =>
    rows.filter(({ outcome }) => outcome === wanted).map(({ agentId }) => agentId);
  return { recorded: those("recorded"), terminated: those("terminated"), unknown: those("unknown") };
}
