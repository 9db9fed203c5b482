import { agentStatusType } from "@mister-smith/schema";
import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import type { Agent } from "./agent.ts";
import { naming, noSuchAgent, refuseUnknown } from "./agent-error.ts";
import { eventType, json } from "./agent-fields.ts";

/** A change of status. */
export interface StatusChange {
  readonly status: Agent["status"];
  /** Change only if the status is one of these. Default: any but `terminated`. */
  readonly expectedStatuses?: readonly Agent["status"][] | undefined;
  /** What the event is called. Default: `status_changed`. */
  readonly eventType?: string | undefined;
  /** Details for the event. Default: `{}`. */
  readonly eventData?: JsonInput | undefined;
  /** The agent that causes it. Default: none. */
  readonly triggeredBy?: string | undefined;
}

const statusChange = z.strictObject({
  status: agentStatusType,
  expectedStatuses: z.array(agentStatusType).min(1).optional(),
  eventType: eventType.default("status_changed"),
  eventData: json.default({}),
  triggeredBy: z.guid().optional(),
});

const row = z.object({
  agentId: z.guid(),
  outcome: z.enum(["changed", "unchanged", "refused", "unknown"]),
  previousStatus: agentStatusType.nullable(),
});

/**
 * What became of an agent's change of status: `unchanged` when it had the status already, `refused` when it is
 * terminated or has none of the expected statuses, `unknown` when it is not registered (its status is null then).
 */
export type StatusChanged = z.output<typeof row>;

/** Changes the status of an agent; see {@link Agents.changeStatus}. */
export async function changeAgentStatus(
  on: Executor,
  agentId: string,
  change: StatusChange,
  options?: QueryOptions,
): Promise<StatusChanged> {
  const [result] = await changeAgentStatuses(on, [agentId], change, options);
  if (result === undefined || result.outcome === "unknown") throw noSuchAgent(agentId);
  if (result.outcome === "refused") throw wrongStatus(result, change);
  return result;
}

/** Changes the status of several agents; see {@link Agents.changeStatuses}. */
export async function changeAgentStatuses(
  on: Executor,
  agentIds: readonly string[],
  change: StatusChange,
  options?: QueryOptions,
): Promise<readonly StatusChanged[]> {
  const ids = parseInput(z.array(z.guid()).max(10_000), agentIds, "the agents whose status changes");
  const parsed = parseInput(statusChange, change, "the change of status");
  if (ids.length === 0) return [];
  await refuseUnknown(on, { triggeredBy: [parsed.triggeredBy] }, options);
  return await naming(parsed, () => on.write.any(changeStatuses(ids, parsed), options));
}

function changeStatuses(ids: readonly string[], change: z.output<typeof statusChange>) {
  const allowed = change.expectedStatuses ?? agentStatusType.options;
  // The row is locked first: the status before is that of the moment of the change, not of the statement's start.
  return sql.type(row)`
    WITH input AS MATERIALIZED (
      SELECT i.agent_id, pg_catalog.min(i.place) AS place
      FROM ROWS FROM (${sql.unnest(
        ids.map((id) => [id]),
        ["uuid"],
      )}) WITH ORDINALITY AS i (agent_id, place)
      GROUP BY i.agent_id
    ),
    locked AS MATERIALIZED (
      SELECT a.agent_id, a.status FROM agents.registry AS a
      WHERE a.agent_id IN (SELECT i.agent_id FROM input AS i)
      ORDER BY a.agent_id
      FOR NO KEY UPDATE OF a
    ),
    judged AS MATERIALIZED (
      SELECT l.agent_id, l.status, CASE
        WHEN l.status <> ALL (${sql.array(allowed, sql.fragment`public.agent_status_type[]`)}) THEN 'refused'
        WHEN l.status = ${change.status} THEN 'unchanged'
        WHEN l.status = 'terminated' THEN 'refused'
        ELSE 'changed'
      END AS outcome
      FROM locked AS l
    ),
    changed AS (
      UPDATE agents.registry AS a SET status = ${change.status}
      FROM judged AS j WHERE a.agent_id = j.agent_id AND j.outcome = 'changed'
    ),
    event AS (
      INSERT INTO agents.lifecycle_events (
        agent_id, event_type, previous_status, new_status, event_data, triggered_by, created_at
      )
      SELECT
        j.agent_id, ${change.eventType}, j.status, ${change.status},
        ${jsonText(change.eventData, "the data of the event")}::JSONB, ${change.triggeredBy ?? null}::UUID,
        pg_catalog.clock_timestamp()
      FROM judged AS j WHERE j.outcome = 'changed'
    )
    SELECT i.agent_id AS "agentId", COALESCE(j.outcome, 'unknown') AS outcome, j.status AS "previousStatus"
    FROM input AS i LEFT JOIN judged AS j ON j.agent_id = i.agent_id
    ORDER BY i.place`;
}

function wrongStatus({ agentId, previousStatus }: StatusChanged, change: StatusChange): ClientError {
  const expected =
    change.expectedStatuses === undefined ? "" : `, not ${change.expectedStatuses.join(" or ")}`;
  return new ClientError(
    "WRONG_STATUS",
    `agent ${agentId} is ${previousStatus}${expected}, and cannot become ${change.status}`,
    {
      ...(previousStatus === "terminated" ? { hint: "Terminated is final; register a new agent." } : {}),
      details: {
        agentId,
        status: previousStatus,
        wanted: change.status,
        expected: change.expectedStatuses ?? null,
      },
    },
  );
}
