import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { live } from "./live.ts";
import { refsTable } from "./refs-table.ts";
import { type StateRef, stateRef } from "./state-ref.ts";

const row = z.object({ existed: z.boolean() });

/** Deletes several values in one statement; see {@link State.deleteMany}. */
export async function deleteManyStates(
  on: Executor,
  refs: readonly StateRef[],
  options?: QueryOptions,
): Promise<number> {
  const asked = parseInput(z.array(stateRef).max(10_000), refs, "the states to delete");
  if (asked.length === 0) return 0;
  const deleted = await on.write.any(
    sql.type(row)`
      WITH input AS MATERIALIZED (
        SELECT i.agent_id, i.state_key FROM ${refsTable(asked)} AS i (agent_id, state_key, place)
      ),
      known AS MATERIALIZED (
        ${knownAgents(sql.fragment`SELECT i.agent_id FROM input AS i`)}
      ),
      locked AS MATERIALIZED (
        SELECT s.agent_id, s.state_key FROM agents.state AS s
        WHERE (s.agent_id, s.state_key) IN (SELECT i.agent_id, i.state_key FROM input AS i)
          AND s.agent_id IN (SELECT k.agent_id FROM known AS k)
        ORDER BY s.agent_id, s.state_key
        FOR UPDATE OF s
      )
      DELETE FROM agents.state AS s USING locked AS l
      WHERE s.agent_id = l.agent_id AND s.state_key = l.state_key
      RETURNING ${live("s")} AS existed`,
    options,
  );
  return deleted.filter(({ existed }) => existed).length;
}
