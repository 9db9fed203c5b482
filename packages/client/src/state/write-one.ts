import { knownAgents } from "../agents/known-agents.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import type { Expiry } from "./expiry.ts";
import { live } from "./live.ts";
import { newExpiry } from "./new-expiry.ts";
import type { StateRef } from "./state-ref.ts";

/** How to write one value. */
export interface OneWrite extends StateRef, Expiry {
  readonly expectedVersion?: bigint | null | undefined;
  /** The new value: an SQL expression, or what makes one of the value before. */
  readonly newValue: SqlFragment | ((before: SqlFragment) => SqlFragment);
  /** Whether the expiry stays when no new one is given. */
  readonly keepsExpiry: boolean;
}

/**
 * Writes one value, up to the RETURNING, for which the row is called `stored`. Writes nothing when the agent is not
 * registered, the version is not the expected one, or the value would have expired already.
 *
 * The same as a list of one in `writeEntries`, at a seventh of the server's time.
 */
export function writeOne(write: OneWrite): SqlFragment {
  return typeof write.expectedVersion === "bigint" ? update(write, write.expectedVersion) : upsert(write);
}

function update(write: OneWrite, version: bigint): SqlFragment {
  return sql.fragment`
    WITH known AS MATERIALIZED (${knownAgents(write.agentId)})
    UPDATE agents.state AS stored SET
      state_value = ${valueAfter(write, sql.fragment`stored.state_value`)},
      version = stored.version + 1,
      expires_at = ${write.keepsExpiry ? sql.fragment`COALESCE(${newExpiry(write)}, stored.expires_at)` : newExpiry(write)}
    FROM known AS k
    WHERE stored.agent_id = k.agent_id AND stored.agent_id = ${write.agentId}
      AND stored.state_key = ${write.stateKey} AND stored.version = ${version}
      AND ${live("stored")} AND ${willLive(write)}`;
}

function upsert(write: OneWrite): SqlFragment {
  const kept = write.keepsExpiry
    ? sql.fragment`CASE WHEN ${live("stored")} THEN COALESCE(EXCLUDED.expires_at, stored.expires_at)
        ELSE EXCLUDED.expires_at END`
    : sql.fragment`EXCLUDED.expires_at`;
  // A value that does not depend on the one before is sent once: it may be large.
  const merged =
    typeof write.newValue === "function"
      ? sql.fragment`CASE WHEN ${live("stored")} THEN ${write.newValue(sql.fragment`stored.state_value`)}
        ELSE EXCLUDED.state_value END`
      : sql.fragment`EXCLUDED.state_value`;
  const allowed = write.expectedVersion === null ? sql.fragment`NOT ${live("stored")}` : sql.fragment`TRUE`;
  return sql.fragment`
    WITH known AS MATERIALIZED (${knownAgents(write.agentId)})
    INSERT INTO agents.state AS stored (agent_id, state_key, state_value, created_at, updated_at, expires_at)
    SELECT
      k.agent_id, ${write.stateKey}, ${valueAfter(write, sql.fragment`'{}'::JSONB`)},
      pg_catalog.statement_timestamp(), pg_catalog.statement_timestamp(), ${newExpiry(write)}
    FROM known AS k
    WHERE ${willLive(write)}
    ON CONFLICT (agent_id, state_key) DO UPDATE SET
      state_value = ${merged},
      version = CASE WHEN ${live("stored")} THEN stored.version + 1 ELSE 1 END,
      created_at = CASE WHEN ${live("stored")} THEN stored.created_at ELSE EXCLUDED.created_at END,
      expires_at = ${kept}
    WHERE ${allowed}`;
}

function valueAfter({ newValue }: OneWrite, before: SqlFragment): SqlFragment {
  return typeof newValue === "function" ? newValue(before) : newValue;
}

function willLive(write: OneWrite): SqlFragment {
  return sql.fragment`COALESCE(${newExpiry(write)} > pg_catalog.statement_timestamp(), TRUE)`;
}
