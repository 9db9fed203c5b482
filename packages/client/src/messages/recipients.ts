import { knownAgents } from "../agents/known-agents.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import type { CheckedMessage } from "./outgoing.ts";

/**
 * Who gets the messages of `routed`: `message_id` with `agent_id` or `queue_id`. Only the kinds that occur are asked
 * for, since each of them costs the server time to plan. No agent among them is removed before the transaction ends; that
 * of a direct message was seen to with the message.
 */
export function recipientsOf(messages: readonly CheckedMessage[]): SqlFragment {
  const branches: SqlFragment[] = [];
  if (messages.some((message) => "toAgentId" in message)) branches.push(oneAgent);
  if (messages.some((message) => "broadcastToType" in message)) branches.push(kept(agentsOfType));
  if (messages.some(isPublished)) branches.push(kept(subscribers), takers);
  return sql.fragment`${sql.join(branches, sql.fragment` UNION ALL `)}`;
}

// One that is removed in this moment gets nothing.
function kept(recipients: SqlFragment): SqlFragment {
  return sql.fragment`(
    WITH meant AS MATERIALIZED (${recipients})
    SELECT m.* FROM meant AS m
    JOIN (${knownAgents(sql.fragment`SELECT m.agent_id FROM meant AS m`)}) AS k ON k.agent_id = m.agent_id
  )`;
}

function isPublished(message: CheckedMessage): boolean {
  return !("toAgentId" in message || "broadcastToType" in message);
}

const oneAgent = sql.fragment`
  SELECT r.message_id, r.to_agent_id AS agent_id, NULL::UUID AS queue_id
  FROM routed AS r
  WHERE r.to_agent_id IS NOT NULL`;

const agentsOfType = sql.fragment`
  SELECT r.message_id, a.agent_id, NULL::UUID AS queue_id
  FROM routed AS r
  JOIN agents.registry AS a ON a.agent_type = r.broadcast_to_type
  WHERE a.status <> 'terminated' AND a.agent_id IS DISTINCT FROM r.from_agent_id`;

// The filters are compared last, and only where there are any: it means to build the message as JSON.
const subscribers = sql.fragment`
  SELECT DISTINCT r.message_id, s.agent_id, NULL::UUID AS queue_id
  FROM routed AS r
  JOIN messages.subscriptions AS s ON s.channel_id = r.route_id AND s.is_active
  JOIN agents.registry AS a ON a.agent_id = s.agent_id AND a.status <> 'terminated'
  WHERE r.route_type = 'topic'
    AND messages.subject_matches(s.message_pattern, r.subject)
    AND CASE
      WHEN s.filters = '{}' THEN TRUE
      ELSE pg_catalog.jsonb_build_object(
        'headers', r.headers, 'payload', r.payload, 'messageType', r.message_type, 'priority', r.priority,
        'fromAgentId', r.from_agent_id
      ) @> s.filters
    END`;

const takers = sql.fragment`
  SELECT r.message_id, NULL::UUID AS agent_id, r.route_id AS queue_id
  FROM routed AS r
  WHERE r.route_type = 'queue'`;
