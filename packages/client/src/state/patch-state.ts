import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { bothGiven, type Expiry, expiryFields, notBoth } from "./expiry.ts";
import { knownAgents } from "./known-agents.ts";
import { live } from "./live.ts";
import { newExpiry } from "./new-expiry.ts";
import { patchedValue } from "./patched-value.ts";
import { refuseUnwritten } from "./refuse-unwritten.ts";
import { type StateEntry, stateEntries } from "./state-entry.ts";
import { nameOfKey, type StateRef, stateRef } from "./state-ref.ts";
import { expectedVersion } from "./version.ts";

/** A change of a value. */
export interface PatchInput extends StateRef, Expiry {
  /** A JSON merge patch (RFC 7396): members replace those of the value, objects are merged, null removes. */
  readonly patch: JsonInput;
  /** Patch only if the key is at this version; null: only if it does not exist. Not given: in any case. */
  readonly expectedVersion?: bigint | null | undefined;
}

const patchInput = stateRef
  .extend({ patch: z.custom<JsonInput>(() => true), expectedVersion, ...expiryFields })
  .refine(notBoth, bothGiven);

type Patch = z.output<typeof patchInput>;

/** Merges a patch into a value; see {@link State.patch}. */
export async function patchState(
  on: Executor,
  input: PatchInput,
  options?: QueryOptions,
): Promise<StateEntry> {
  const patch = parseInput(patchInput, input, "the state to patch");
  const mustExist = typeof patch.expectedVersion === "bigint";
  const entry = await on.write.maybeOne(mustExist ? patchVersion(patch) : patchOrCreate(patch), options);
  return entry ?? (await refuseUnwritten(on.write, patch, options));
}

function patchVersion(patch: Patch) {
  const apply = patchedValue(patch.patch, `the patch of ${nameOfKey(patch)}`);
  return sql.type(stateEntries.row)`
    WITH known AS MATERIALIZED (
      ${knownAgents(patch.agentId)}
    )
    UPDATE agents.state AS stored SET
      state_value = ${apply(sql.fragment`stored.state_value`)},
      version = stored.version + 1,
      expires_at = COALESCE(${newExpiry(patch)}, stored.expires_at)
    FROM known AS k
    WHERE stored.agent_id = k.agent_id AND stored.agent_id = ${patch.agentId}
      AND stored.state_key = ${patch.stateKey} AND stored.version = ${patch.expectedVersion ?? null}::BIGINT
      AND ${live("stored")} AND ${willLive(patch)}
    RETURNING ${stateEntries.columns("stored")}`;
}

function patchOrCreate(patch: Patch) {
  const apply = patchedValue(patch.patch, `the patch of ${nameOfKey(patch)}`);
  const mustNotExist = patch.expectedVersion === null;
  return sql.type(stateEntries.row)`
    WITH known AS MATERIALIZED (
      ${knownAgents(patch.agentId)}
    )
    INSERT INTO agents.state AS stored (agent_id, state_key, state_value, created_at, updated_at, expires_at)
    SELECT
      k.agent_id, ${patch.stateKey}, ${apply(sql.fragment`'{}'::JSONB`)},
      pg_catalog.statement_timestamp(), pg_catalog.statement_timestamp(), ${newExpiry(patch)}
    FROM known AS k
    WHERE ${willLive(patch)}
    ON CONFLICT (agent_id, state_key) DO UPDATE SET
      state_value = CASE
        WHEN ${live("stored")} THEN ${apply(sql.fragment`stored.state_value`)} ELSE EXCLUDED.state_value
      END,
      version = CASE WHEN ${live("stored")} THEN stored.version + 1 ELSE 1 END,
      created_at = CASE WHEN ${live("stored")} THEN stored.created_at ELSE EXCLUDED.created_at END,
      expires_at = CASE
        WHEN ${live("stored")} THEN COALESCE(EXCLUDED.expires_at, stored.expires_at) ELSE EXCLUDED.expires_at
      END
    WHERE NOT (${mustNotExist} AND ${live("stored")})
    RETURNING ${stateEntries.columns("stored")}`;
}

function willLive(patch: Patch) {
  return sql.fragment`COALESCE(${newExpiry(patch)} > pg_catalog.statement_timestamp(), TRUE)`;
}
