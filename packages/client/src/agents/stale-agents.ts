import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Agent } from "./agent.ts";
import type { StaleInput } from "./agents.ts";
import { findAgents } from "./find-agents.ts";

// What else is given is checked where it is looked for.
const staleInput = z.looseObject({
  silentForMs: z.unknown().refine((ms) => ms !== undefined, "a duration is needed"),
});

/** Agents that were not heard of for a time; see `Agents.stale`. */
export async function staleAgents(
  on: Executor,
  input: StaleInput,
  options?: QueryOptions,
): Promise<Page<Agent>> {
  parseInput(staleInput, input, "the agents to take for dead");
  return await findAgents(on, { ...input, statuses: input.statuses ?? ["active"] }, options);
}
