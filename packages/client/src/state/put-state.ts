import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { type PutInput, putInput } from "./put-input.ts";
import type { StateInfo } from "./state-entry.ts";
import { alreadyExpired, noAgent, versionConflict } from "./state-error.ts";
import { writeEntries } from "./write-entries.ts";

/** Stores a value; see {@link State.put}. */
export async function putState(on: Executor, input: PutInput, options?: QueryOptions): Promise<StateInfo> {
  const entry = parseInput(putInput, input, "the state to put");
  const row = await on.write.one(writeEntries([entry]), options);
  switch (row.outcome) {
    case "written": {
      const { place: _, outcome: __, ...info } = row;
      return info;
    }
    case "no-agent":
      throw noAgent(entry);
    case "already-expired":
      throw alreadyExpired(entry);
    case "conflict":
      throw await versionConflict(on.write, entry, options);
  }
}
