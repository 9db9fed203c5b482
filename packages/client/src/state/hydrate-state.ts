import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { storedJson } from "../json/stored-json.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

const hydratedRow = z.object({ stateKey: z.string(), stateValue: storedJson });
/** One key with its value. */
export type HydratedState = z.output<typeof hydratedRow>;

/** Reads the whole state of an agent, latest change first; see {@link State.hydrate}. */
export async function hydrateState(
  on: Executor,
  agentId: string,
  options?: QueryOptions,
): Promise<readonly HydratedState[]> {
  const id = parseInput(z.guid(), agentId, "the agent to hydrate");
  return await on.read.any(
    sql.type(hydratedRow)`
      SELECT h.key AS "stateKey", h.value AS "stateValue"
      FROM public.hydrate_agent_state(${id}) AS h`,
    options,
  );
}
