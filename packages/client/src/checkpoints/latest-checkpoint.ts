import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Checkpoint, checkpoints } from "./checkpoint.ts";
import { checkpointName } from "./checkpoint-fields.ts";

/** Whose checkpoint, and what it is called. */
export interface LatestCheckpointInput {
  readonly agentId: string;
  /** Only checkpoints of this name. Default: any. */
  readonly checkpointName?: string | undefined;
}

const latestInput = z.strictObject({ agentId: z.guid(), checkpointName: checkpointName.optional() });

/** Reads the newest checkpoint of an agent; see {@link Checkpoints.latest}. */
export async function latestCheckpoint(
  on: Executor,
  input: LatestCheckpointInput,
  options?: QueryOptions,
): Promise<Checkpoint | null> {
  const { agentId, checkpointName: name } = parseInput(latestInput, input, "the checkpoint to get");
  const named = name === undefined ? sql.fragment`TRUE` : sql.fragment`c.checkpoint_name = ${name}`;
  return await on.read.maybeOne(
    sql.type(checkpoints.row)`
      SELECT ${checkpoints.columns("c")} FROM agents.checkpoints AS c
      WHERE c.agent_id = ${agentId} AND ${named}
      ORDER BY c.created_at DESC, c.checkpoint_id DESC
      LIMIT 1`,
    options,
  );
}
