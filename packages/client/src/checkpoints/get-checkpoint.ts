import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Checkpoint, checkpoints } from "./checkpoint.ts";

/** Reads a checkpoint; see {@link Checkpoints.get}. */
export async function getCheckpoint(
  on: Executor,
  checkpointId: string,
  options?: QueryOptions,
): Promise<Checkpoint | null> {
  const id = parseInput(z.guid(), checkpointId, "the checkpoint to get");
  return await on.read.maybeOne(
    sql.type(checkpoints.row)`
      SELECT ${checkpoints.columns("c")} FROM agents.checkpoints AS c WHERE c.checkpoint_id = ${id}`,
    options,
  );
}
