import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { inScope } from "./in-scope.ts";
import { type StateScope, stateScope } from "./list-input.ts";

const row = z.object({ count: z.coerce.number() });

/** Counts values; see {@link State.count}. */
export async function countStates(on: Executor, input: StateScope, options?: QueryOptions): Promise<number> {
  const scope = parseInput(stateScope, input, "the states to count");
  return await on.read.oneFirst(
    sql.type(row)`SELECT pg_catalog.count(*) AS count FROM agents.state AS s WHERE ${inScope(scope)}`,
    options,
  );
}
