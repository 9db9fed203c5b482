import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { bothGiven, type Expiry, expiryFields, notBoth } from "./expiry.ts";
import { live } from "./live.ts";
import { newExpiry } from "./new-expiry.ts";
import { type StateInfo, stateInfos } from "./state-entry.ts";
import { alreadyExpired, versionConflict } from "./state-error.ts";
import { type StateRef, stateRef } from "./state-ref.ts";
import { version } from "./version.ts";

/** A key whose time is to change; with neither `ttlMs` nor `expiresAt` it stays for ever. */
export interface ExpiryInput extends StateRef, Expiry {
  /** Change it only if the key is at this version. Not given: in any case. */
  readonly expectedVersion?: bigint | undefined;
}

const expiryInput = stateRef
  .extend({ expectedVersion: version.optional(), ...expiryFields })
  .refine(notBoth, bothGiven);

/** Changes when a value is gone; see {@link State.setExpiry}. */
export async function setStateExpiry(
  on: Executor,
  input: ExpiryInput,
  options?: QueryOptions,
): Promise<StateInfo | null> {
  const entry = parseInput(expiryInput, input, "the state that is to expire");
  const expected = entry.expectedVersion ?? null;
  const info = await on.write.maybeOne(
    sql.type(stateInfos.row)`
      WITH known AS MATERIALIZED (
        ${knownAgents(entry.agentId)}
      )
      UPDATE agents.state AS s SET expires_at = ${newExpiry(entry)}, version = s.version + 1
      FROM known AS k
      WHERE s.agent_id = k.agent_id AND s.agent_id = ${entry.agentId} AND s.state_key = ${entry.stateKey} AND ${live("s")}
        AND (${expected}::BIGINT IS NULL OR s.version = ${expected}::BIGINT)
        AND COALESCE(${newExpiry(entry)} > pg_catalog.statement_timestamp(), TRUE)
      RETURNING ${stateInfos.columns("s")}`,
    options,
  );
  if (info !== null) return info;
  if (entry.expiresAt && (await isPast(on, entry, options))) throw alreadyExpired(entry);
  if (expected !== null) throw await versionConflict(on.write, entry, options);
  return null;
}

async function isPast(on: Executor, entry: Expiry, options?: QueryOptions): Promise<boolean> {
  return await on.write.exists(
    sql.type(z.object({}))`SELECT WHERE ${newExpiry(entry)} <= pg_catalog.statement_timestamp()`,
    options,
  );
}
