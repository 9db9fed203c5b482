import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { PutInput } from "./put-input.ts";
import { putManyInput } from "./put-many-input.ts";
import type { StateInfo } from "./state-entry.ts";
import { type WrittenRow, writeEntries } from "./write-entries.ts";

/** What became of one of several values. */
export type PutResult =
  | { readonly outcome: "written"; readonly info: StateInfo }
  /** `conflict`: not at the expected version; `already-expired`: `expiresAt` is not in the future. */
  | { readonly outcome: "conflict" | "no-agent" | "already-expired" };

/** Stores several values, each by itself; see {@link State.putEach}. */
export async function putEachState(
  on: Executor,
  inputs: readonly PutInput[],
  options?: QueryOptions,
): Promise<readonly PutResult[]> {
  const entries = parseInput(putManyInput, inputs, "the states to put");
  if (entries.length === 0) return [];
  return (await on.write.any(writeEntries(entries), options)).map(resultOf);
}

function resultOf(row: WrittenRow): PutResult {
  if (row.outcome !== "written") return { outcome: row.outcome };
  const { place: _, outcome, ...info } = row;
  return { outcome, info };
}
