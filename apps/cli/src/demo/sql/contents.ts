import { sql } from "@mister-smith/client";
import { z } from "zod";

/** Every table of ours that can hold data, partitions not counted by themselves. */
export const dataTables = sql.type(z.object({ schema: z.string(), name: z.string() }))`
  SELECT n.nspname AS schema, c.relname AS name
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname IN (
      'agents', 'tasks', 'messages', 'sessions', 'knowledge', 'partitions', 'monitoring', 'audit', 'recovery', 'sync'
    )
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  ORDER BY n.nspname, c.relname`;

/** How many rows a table holds, and a digest over all their columns. */
export function tableDigest(schema: string, name: string) {
  return sql.type(z.object({ rows: z.int(), digest: z.string() }))`
    SELECT
      count(*)::INTEGER AS rows,
      md5(COALESCE(string_agg(md5(t::TEXT), '' ORDER BY md5(t::TEXT)), '')) AS digest
    FROM ${sql.identifier([schema, name])} AS t`;
}

/** What some agents did: their steps, failures, messages and facts. */
export function busiestAgents(limit: number) {
  return sql.type(
    z.object({
      name: z.string(),
      type: z.string(),
      status: z.string(),
      steps: z.int(),
      failed: z.int(),
      messages: z.int(),
      facts: z.int(),
    }),
  )`
    SELECT
      r.agent_name AS name,
      r.agent_type AS type,
      r.status::TEXT AS status,
      (SELECT count(*)::INTEGER FROM tasks.queue AS q
        WHERE q.assigned_agent_id = r.agent_id AND q.task_type = 'agent_step') AS steps,
      (SELECT count(*)::INTEGER FROM tasks.executions AS e
        WHERE e.agent_id = r.agent_id AND e.status = 'failed') AS failed,
      (SELECT count(*)::INTEGER FROM messages.log AS l
        WHERE r.agent_id IN (l.from_agent_id, l.to_agent_id)) AS messages,
      (SELECT count(*)::INTEGER FROM knowledge.facts AS f WHERE f.source_agent_id = r.agent_id) AS facts
    FROM agents.registry AS r
    ORDER BY steps DESC, messages DESC, name
    LIMIT ${limit}`;
}

/** The last failed executions: who tried what, and why it failed. */
export function failures(limit: number) {
  return sql.type(z.object({ agent: z.string(), did: z.string(), reason: z.string() }))`
    SELECT DISTINCT ON (q.payload ->> 'action', e.error_message)
      r.agent_name AS agent,
      split_part(q.payload ->> 'action', chr(10), 1) AS did,
      e.error_message AS reason
    FROM tasks.executions AS e
    JOIN tasks.queue AS q ON q.task_id = e.task_id AND q.task_type = e.task_type
    JOIN agents.registry AS r ON r.agent_id = e.agent_id
    WHERE e.status = 'failed' AND q.payload ? 'action'
    ORDER BY q.payload ->> 'action', e.error_message, r.agent_name
    LIMIT ${limit}`;
}

/** What is known about how many things, by what kind of thing and what is said about it. */
export function knowledge(limit: number) {
  return sql.type(
    z.object({ about: z.string(), predicate: z.string(), example: z.string(), facts: z.int() }),
  )`
    SELECT
      f.entity_type AS about,
      f.predicate AS predicate,
      min(f.entity_id) AS example,
      count(*)::INTEGER AS facts
    FROM knowledge.facts AS f
    GROUP BY f.entity_type, f.predicate
    ORDER BY facts DESC, about, predicate
    LIMIT ${limit}`;
}
