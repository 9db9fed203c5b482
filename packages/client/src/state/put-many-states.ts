import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { PutInput } from "./put-input.ts";
import { putManyInput } from "./put-many-input.ts";
import type { StateInfo } from "./state-entry.ts";
import { alreadyExpired, noAgent, versionConflict } from "./state-error.ts";
import { type EntryToWrite, type WrittenRow, writeEntries } from "./write-entries.ts";

/** Stores several values, all of them or none; see {@link State.putMany}. */
export async function putManyStates(
  on: Executor,
  inputs: readonly PutInput[],
  options?: QueryOptions,
): Promise<readonly StateInfo[]> {
  const entries = parseInput(putManyInput, inputs, "the states to put");
  if (entries.length === 0) return [];
  // What was written is undone when one of them could not be.
  return await on.transaction(async ({ write }) => {
    const rows = await write.any(writeEntries(entries), options);
    const infos: StateInfo[] = [];
    for (const row of rows) {
      if (row.outcome !== "written") throw await refusal(write, entryAt(entries, row), row, options);
      const { place: _, outcome: __, ...info } = row;
      infos.push(info);
    }
    return infos;
  }, options);
}

function entryAt(entries: readonly EntryToWrite[], { place }: WrittenRow): EntryToWrite {
  return entries[place - 1] as EntryToWrite; // The places are those that were sent.
}

async function refusal(
  on: Executor["write"],
  entry: EntryToWrite,
  { outcome }: WrittenRow,
  options?: QueryOptions,
) {
  if (outcome === "no-agent") return noAgent(entry);
  if (outcome === "already-expired") return alreadyExpired(entry);
  return await versionConflict(on, entry, options);
}
