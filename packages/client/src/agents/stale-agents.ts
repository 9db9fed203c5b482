import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { Page, PageOptions } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Agent } from "./agent.ts";
import { findAgents } from "./find-agents.ts";

/** Which agents to take for dead. */
export interface StaleInput extends PageOptions {
  /** Not heard of for longer than this, by the server's clock, in milliseconds. */
  readonly silentForMs: number;
  /** Only agents of these statuses. Default: `active`, for which there is an index. */
  readonly statuses?: readonly Agent["status"][] | undefined;
}

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
