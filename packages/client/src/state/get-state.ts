import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { live } from "./live.ts";
import { type StateEntry, stateEntries } from "./state-entry.ts";
import { type StateRef, stateRef } from "./state-ref.ts";

/** Reads a value; see {@link State.get}. */
export async function getState(
  on: Executor,
  ref: StateRef,
  options?: QueryOptions,
): Promise<StateEntry | null> {
  const { agentId, stateKey } = parseInput(stateRef, ref, "the state to get");
  return await on.read.maybeOne(
    sql.type(stateEntries.row)`
      SELECT ${stateEntries.columns("s")} FROM agents.state AS s
      WHERE s.agent_id = ${agentId} AND s.state_key = ${stateKey} AND ${live("s")}`,
    options,
  );
}
