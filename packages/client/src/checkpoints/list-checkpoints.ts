import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type CheckpointInfo, checkpointInfoColumns, checkpointInfoRow } from "./checkpoint.ts";
import { checkpointName } from "./checkpoint-fields.ts";

/** Which checkpoints of an agent to list. */
export interface ListCheckpointsInput extends PageOptions {
  readonly agentId: string;
  /** Only checkpoints of this name. Default: all. */
  readonly checkpointName?: string | undefined;
}

const listInput = z.strictObject({
  agentId: z.guid(),
  checkpointName: checkpointName.optional(),
  ...pageOptions,
});
const newestFirst: CursorKind<TimePosition> = { list: "checkpoints", position: timePosition };

/** Lists checkpoints without their snapshots, newest first; see {@link Checkpoints.list}. */
export async function listCheckpoints(
  on: Executor,
  input: ListCheckpointsInput,
  options?: QueryOptions,
): Promise<Page<CheckpointInfo>> {
  const given = parseInput(listInput, input, "the checkpoints to list");
  const { agentId, checkpointName: name, limit, cursor } = given;
  const named = name === undefined ? sql.fragment`TRUE` : sql.fragment`c.checkpoint_name = ${name}`;
  const after = readCursor(newestFirst, cursor);
  const rows = await on.read.any(
    sql.type(checkpointInfoRow.extend({ exactTime: z.string() }))`
      SELECT ${checkpointInfoColumns("c")}, ${exactTime(sql.fragment`c.created_at`)} AS "exactTime"
      FROM agents.checkpoints AS c
      WHERE c.agent_id = ${agentId} AND ${named}
        AND ${olderThan(after, sql.fragment`c.created_at`, sql.fragment`c.checkpoint_id`)}
      ORDER BY c.created_at DESC, c.checkpoint_id DESC
      LIMIT ${limit + 1}`,
    options,
  );
  return pageOf(
    newestFirst,
    rows,
    limit,
    (checkpoint) => [checkpoint.exactTime, checkpoint.checkpointId],
    ({ exactTime: _, ...checkpoint }) => checkpoint,
  );
}
