import { z } from "zod";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { sql } from "../statement/sql.ts";
import { noSnapshot, noSuchCheckpoint } from "./checkpoint-error.ts";

const row = z.object({ agentId: z.guid(), isObject: z.boolean() });

/**
 * Whose state a checkpoint holds.
 *
 * @throws ClientError `NOT_FOUND` when there is no such checkpoint, `UNEXPECTED_ROW` when it holds no snapshot
 */
export async function snapshotOwner(
  on: Queryable,
  checkpointId: string,
  options?: QueryOptions,
): Promise<string> {
  const owner = await on.maybeOne(
    sql.type(row)`
      SELECT c.agent_id AS "agentId", pg_catalog.jsonb_typeof(c.state_snapshot) = 'object' AS "isObject"
      FROM agents.checkpoints AS c WHERE c.checkpoint_id = ${checkpointId}`,
    options,
  );
  if (owner === null) throw noSuchCheckpoint(checkpointId);
  if (!owner.isObject) throw noSnapshot(checkpointId);
  return owner.agentId;
}
