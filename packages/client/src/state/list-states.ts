import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { pageOf, readCursor } from "../page/cursor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { inScope } from "./in-scope.ts";
import { keysInOrder, type ListStateInput, listStateInput } from "./list-input.ts";
import { type StateEntry, stateEntries } from "./state-entry.ts";

/** Lists values; see {@link State.list}. */
export async function listStates(
  on: Executor,
  input: ListStateInput,
  options?: QueryOptions,
): Promise<Page<StateEntry>> {
  const { limit, cursor, ...scope } = parseInput(listStateInput, input, "the states to list");
  const rows = await on.read.any(
    sql.type(stateEntries.row)`
      SELECT ${stateEntries.columns("s")} FROM agents.state AS s
      WHERE ${inScope(scope, readCursor(keysInOrder, cursor))}
      ORDER BY s.state_key
      LIMIT ${limit + 1}`,
    options,
  );
  return pageOf(
    keysInOrder,
    rows,
    limit,
    ({ stateKey }) => [stateKey],
    (entry) => entry,
  );
}
