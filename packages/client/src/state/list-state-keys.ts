import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { pageOf, readCursor } from "../page/cursor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { inScope } from "./in-scope.ts";
import { keysInOrder, type ListStateInput, listStateInput } from "./list-input.ts";
import { type StateInfo, stateInfos } from "./state-entry.ts";

/** Lists keys without their values; see {@link State.listKeys}. */
export async function listStateKeys(
  on: Executor,
  input: ListStateInput,
  options?: QueryOptions,
): Promise<Page<StateInfo>> {
  const { limit, cursor, ...scope } = parseInput(listStateInput, input, "the state keys to list");
  const rows = await on.read.any(
    sql.type(stateInfos.row)`
      SELECT ${stateInfos.columns("s")} FROM agents.state AS s
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
    (info) => info,
  );
}
