import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { live } from "../state/live.ts";
import { sql } from "../statement/sql.ts";
import { type CheckpointInfo, checkpointInfoColumns, checkpointInfoRow } from "./checkpoint.ts";
import { checkpointName, triggerEvent } from "./checkpoint-fields.ts";

/** A checkpoint to take. */
export interface CreateCheckpointInput {
  readonly agentId: string;
  /** What people call it: 1 to 255 characters, not unique. Default: none. */
  readonly checkpointName?: string | undefined;
  /** What makes someone take it, 100 characters at most. Default: none. */
  readonly triggerEvent?: string | undefined;
  /** The revision of the JetStream bucket that the state includes. Default: none. */
  readonly kvRevision?: bigint | undefined;
}

const createInput = z.strictObject({
  agentId: z.guid(),
  checkpointName: checkpointName.optional(),
  triggerEvent: triggerEvent.optional(),
  kvRevision: z
    .bigint()
    .min(0n)
    .max(2n ** 63n - 1n)
    .optional(),
});

/** Takes a checkpoint; see {@link Checkpoints.create}. */
export async function createCheckpoint(
  on: Executor,
  input: CreateCheckpointInput,
  options?: QueryOptions,
): Promise<CheckpointInfo> {
  const given = parseInput(createInput, input, "the checkpoint to take");
  const created = await on.write.maybeOne(
    // Not the start of the transaction: two checkpoints of one transaction have an order, too.
    sql.type(checkpointInfoRow)`
      INSERT INTO agents.checkpoints AS c (
        agent_id, checkpoint_name, state_snapshot, kv_revision, trigger_event, created_at
      )
      SELECT
        r.agent_id, ${given.checkpointName ?? null}::TEXT,
        (
          SELECT COALESCE(pg_catalog.jsonb_object_agg(s.state_key, s.state_value), '{}')
          FROM agents.state AS s WHERE s.agent_id = ${given.agentId} AND ${live("s")}
        ),
        ${given.kvRevision ?? null}::BIGINT, ${given.triggerEvent ?? null}::TEXT, pg_catalog.clock_timestamp()
      FROM (${knownAgents(given.agentId)}) AS r
      RETURNING ${checkpointInfoColumns("c")}`,
    options,
  );
  if (created !== null) return created;
  throw new ClientError("NOT_FOUND", `no agent ${given.agentId} to take a checkpoint of`, {
    hint: "Register the agent first.",
    details: { agentId: given.agentId },
  });
}
