import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Fact } from "./fact.ts";
import { factsById } from "./facts-by-id.ts";

/** Reads a fact; null when there is none. */
export async function getFact(on: Executor, factId: string, options?: QueryOptions): Promise<Fact | null> {
  return await on.read.maybeOne(factsById([parseInput(z.guid(), factId, "the fact's id")]), options);
}
