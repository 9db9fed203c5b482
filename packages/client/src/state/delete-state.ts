import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { live } from "./live.ts";
import { versionConflict } from "./state-error.ts";
import { type StateRef, stateRef } from "./state-ref.ts";
import { version } from "./version.ts";

/** A key to delete. */
export interface DeleteInput extends StateRef {
  /** Delete only if the key is at this version. Not given: in any case. */
  readonly expectedVersion?: bigint | undefined;
}

const deleteInput = stateRef.extend({ expectedVersion: version.optional() });
const row = z.object({ existed: z.boolean() });

/** Deletes a value; see {@link State.delete}. */
export async function deleteState(
  on: Executor,
  input: DeleteInput,
  options?: QueryOptions,
): Promise<boolean> {
  const entry = parseInput(deleteInput, input, "the state to delete");
  const { agentId, stateKey } = entry;
  const expected = entry.expectedVersion ?? null;
  const deleted = await on.write.maybeOne(
    sql.type(row)`
      WITH known AS MATERIALIZED (
        ${knownAgents(agentId)}
      )
      DELETE FROM agents.state AS s USING known AS k
      WHERE s.agent_id = k.agent_id AND s.agent_id = ${agentId} AND s.state_key = ${stateKey}
        AND (${expected}::BIGINT IS NULL OR (s.version = ${expected}::BIGINT AND ${live("s")}))
      RETURNING ${live("s")} AS existed`,
    options,
  );
  if (deleted === null && expected !== null) throw await versionConflict(on.write, entry, options);
  // An expired value is cleared away, too, but it was not there for anyone.
  return deleted?.existed ?? false;
}
