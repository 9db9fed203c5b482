import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { inScope } from "./in-scope.ts";
import { type StateScope, stateScope } from "./list-input.ts";
import { type StateEntry, stateEntries } from "./state-entry.ts";

/** Reads values one after the other; see {@link State.stream}. */
export function streamStates(
  on: Executor,
  input: StateScope,
  options?: QueryOptions,
): AsyncIterable<StateEntry> {
  const scope = parseInput(stateScope, input, "the states to stream");
  return on.read.stream(
    sql.type(stateEntries.row)`
      SELECT ${stateEntries.columns("s")} FROM agents.state AS s
      WHERE ${inScope(scope)}
      ORDER BY s.state_key`,
    options,
  );
}
