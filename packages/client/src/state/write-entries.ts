import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import { sql } from "../statement/sql.ts";
import type { Expiry } from "./expiry.ts";
import { live } from "./live.ts";
import { stateInfos } from "./state-entry.ts";
import { nameOfKey, type StateRef } from "./state-ref.ts";

/** One value to write. */
export interface EntryToWrite extends StateRef, Expiry {
  readonly stateValue: JsonInput;
  readonly expectedVersion?: bigint | null | undefined;
}

const place = z.object({ place: z.int() });

const writtenRow = z.union([
  place.extend({ outcome: z.literal("written"), ...stateInfos.row.shape }),
  place.extend({ outcome: z.enum(["conflict", "no-agent", "already-expired"]) }),
]);
/** What became of one value; `place` counts the values from 1. */
export type WrittenRow = z.output<typeof writtenRow>;

/**
 * Writes values, each on its own condition, and says of each what became of it.
 *
 * Locks are taken in an order that all of our writers keep, so that none of them waits for another in a circle: first
 * the agents, which also keeps a restore of their state out, then the rows that are there, both sorted. Unconditional
 * values and those that must not exist are inserted in one go; a value that must exist is never inserted.
 */
export function writeEntries(entries: readonly EntryToWrite[]) {
  const unconditional = sql.fragment`SELECT i.agent_id, i.state_key FROM input AS i WHERE NOT i.guarded`;
  // Makes sure that all rows are locked before the first is written.
  const afterLocks = sql.fragment`(SELECT pg_catalog.count(*) FROM locked) >= 0`;
  return sql.type(writtenRow)`
    WITH input AS MATERIALIZED (
      SELECT
        i.place, i.agent_id, i.state_key, i.guarded, i.expected_version,
        -- A JSON null in a record is an SQL NULL.
        COALESCE(i.state_value, 'null') AS state_value,
        COALESCE(
          i.expires_at, pg_catalog.statement_timestamp() + i.ttl_ms * INTERVAL '1 millisecond'
        ) AS expires_at
      FROM pg_catalog.jsonb_to_recordset(${recordsOf(entries)}::JSONB) AS i (
        place INTEGER, agent_id UUID, state_key TEXT, state_value JSONB, guarded BOOLEAN,
        expected_version BIGINT, expires_at TIMESTAMPTZ, ttl_ms BIGINT
      )
    ),
    known AS MATERIALIZED (
      ${knownAgents(sql.fragment`SELECT i.agent_id FROM input AS i`)}
    ),
    locked AS MATERIALIZED (
      SELECT s.version FROM agents.state AS s
      JOIN input AS i ON i.agent_id = s.agent_id AND i.state_key = s.state_key
      WHERE s.agent_id IN (SELECT k.agent_id FROM known AS k)
      ORDER BY s.agent_id, s.state_key
      FOR UPDATE OF s
    ),
    inserted AS (
      INSERT INTO agents.state AS stored (agent_id, state_key, state_value, created_at, updated_at, expires_at)
      SELECT
        i.agent_id, i.state_key, i.state_value,
        pg_catalog.statement_timestamp(), pg_catalog.statement_timestamp(), i.expires_at
      FROM input AS i
      WHERE i.expected_version IS NULL AND ${live("i")} AND ${afterLocks}
        AND i.agent_id IN (SELECT k.agent_id FROM known AS k)
      ORDER BY i.agent_id, i.state_key
      ON CONFLICT (agent_id, state_key) DO UPDATE SET
        state_value = EXCLUDED.state_value,
        expires_at = EXCLUDED.expires_at,
        version = CASE WHEN ${live("stored")} THEN stored.version + 1 ELSE 1 END,
        created_at = CASE WHEN ${live("stored")} THEN stored.created_at ELSE EXCLUDED.created_at END
      WHERE NOT ${live("stored")} OR (stored.agent_id, stored.state_key) IN (${unconditional})
      RETURNING ${stateInfos.columns("stored")}
    ),
    updated AS (
      UPDATE agents.state AS stored SET
        state_value = i.state_value, expires_at = i.expires_at, version = stored.version + 1
      FROM input AS i
      WHERE stored.agent_id = i.agent_id AND stored.state_key = i.state_key
        AND stored.version = i.expected_version AND ${live("stored")} AND ${live("i")} AND ${afterLocks}
      RETURNING ${stateInfos.columns("stored")}
    )
    SELECT
      i.place,
      CASE
        WHEN w."stateKey" IS NOT NULL THEN 'written'
        WHEN i.agent_id NOT IN (SELECT k.agent_id FROM known AS k) THEN 'no-agent'
        WHEN NOT ${live("i")} THEN 'already-expired'
        ELSE 'conflict'
      END AS outcome,
      w.*
    FROM input AS i
    LEFT JOIN (SELECT * FROM inserted UNION ALL SELECT * FROM updated) AS w
      ON w."agentId" = i.agent_id AND w."stateKey" = i.state_key
    ORDER BY i.place`;
}

// One parameter for all values: an array of texts would have each value quoted once more.
function recordsOf(entries: readonly EntryToWrite[]): string {
  return `[${entries.map(recordOf).join(",")}]`;
}

function recordOf(entry: EntryToWrite, index: number): string {
  const record = JSON.stringify({
    place: index + 1,
    agent_id: entry.agentId,
    state_key: entry.stateKey,
    guarded: entry.expectedVersion !== undefined,
    expected_version: entry.expectedVersion?.toString(),
    expires_at: entry.expiresAt?.toISOString(),
    ttl_ms: entry.ttlMs,
  });
  const value = jsonText(entry.stateValue, `the value of ${nameOfKey(entry)}`);
  return `${record.slice(0, -1)},"state_value":${value}}`;
}
