import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { live } from "./live.ts";
import { refsTable } from "./refs-table.ts";
import { type StateEntry, stateEntries } from "./state-entry.ts";
import { type StateRef, stateRef } from "./state-ref.ts";

const row = stateEntries.row.extend({ place: z.int() });

/** Reads several values in one statement; see {@link State.getMany}. */
export async function getManyStates(
  on: Executor,
  refs: readonly StateRef[],
  options?: QueryOptions,
): Promise<readonly (StateEntry | null)[]> {
  const asked = parseInput(z.array(stateRef).max(10_000), refs, "the states to get");
  if (asked.length === 0) return [];
  const found = await on.read.any(
    sql.type(row)`
      SELECT i.place::INTEGER AS place, ${stateEntries.columns("s")}
      FROM ${refsTable(asked)} AS i (agent_id, state_key, place)
      JOIN agents.state AS s ON s.agent_id = i.agent_id AND s.state_key = i.state_key
      WHERE ${live("s")}`,
    options,
  );
  const byPlace = new Map(found.map(({ place, ...entry }) => [place, entry]));
  return asked.map((_, index) => byPlace.get(index + 1) ?? null);
}
