import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** Deletes a checkpoint; see {@link Checkpoints.delete}. */
export async function deleteCheckpoint(
  on: Executor,
  checkpointId: string,
  options?: QueryOptions,
): Promise<boolean> {
  const id = parseInput(z.guid(), checkpointId, "the checkpoint to delete");
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`DELETE FROM agents.checkpoints AS c WHERE c.checkpoint_id = ${id}`,
    options,
  );
  return rowCount > 0;
}
