import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type PutInput, putInput } from "./put-input.ts";
import { refuseUnwritten } from "./refuse-unwritten.ts";
import { type StateInfo, stateInfos } from "./state-entry.ts";
import { nameOfKey } from "./state-ref.ts";
import { writeOne } from "./write-one.ts";

/** Stores a value; see {@link State.put}. */
export async function putState(on: Executor, input: PutInput, options?: QueryOptions): Promise<StateInfo> {
  const entry = parseInput(putInput, input, "the state to put");
  const text = jsonText(entry.stateValue, `the value of ${nameOfKey(entry)}`);
  const info = await on.write.maybeOne(
    sql.type(stateInfos.row)`
      ${writeOne({ ...entry, newValue: sql.fragment`${text}::JSONB`, keepsExpiry: false })}
      RETURNING ${stateInfos.columns("stored")}`,
    options,
  );
  return info ?? (await refuseUnwritten(on.write, entry, options));
}
