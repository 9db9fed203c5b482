import { sql } from "@mister-smith/client";
import { z } from "zod";
import { tableNames } from "../plan/tables.ts";

/** The tables that a replay needs and the database does not have. */
export function missingTables() {
  return sql.type(z.object({ name: z.string() }))`
    SELECT wanted.name
    FROM unnest(${sql.array([...tableNames], "text")}) AS wanted (name)
    WHERE to_regclass(wanted.name) IS NULL
    ORDER BY wanted.name`;
}

/** Takes, without waiting, the lock that only one replay of a run may hold; it is held until the session ends. */
export function tryLockRuns(keys: readonly string[]) {
  return sql.type(z.object({ key: z.string(), locked: z.boolean() }))`
    SELECT wanted.key, pg_try_advisory_lock(hashtextextended('smith replay ' || wanted.key, 0)) AS locked
    FROM unnest(${sql.array([...keys], "text")}) AS wanted (key)`;
}

const replayNote = z.object({
  digest: z.string(),
  starts_at: z.string(),
  state: z.enum(["running", "committed", "complete"]),
  states: z.literal("jetstream").optional(),
});

/** What the agents that are there already say about the replay that registered them. */
export function replayNotes(agentIds: readonly string[]) {
  return sql.type(z.object({ agent_id: z.string(), note: replayNote.nullable().catch(null) }))`
    SELECT agent_id, metadata -> 'replay' AS note
    FROM agents.registry
    WHERE agent_id = ANY(${sql.array([...agentIds], "uuid")})`;
}
