import { agentsCheckpointsRow } from "@mister-smith/schema";
import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { storedJson } from "../json/stored-json.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { entity } from "../statement/entity.ts";
import { sql } from "../statement/sql.ts";
import { type StateRef, stateRef } from "./state-ref.ts";

const checkpoints = entity(
  agentsCheckpointsRow.pick({ checkpoint_id: true, checkpoint_name: true, created_at: true }),
);
const row = checkpoints.row.extend({ present: z.boolean(), stateValue: storedJson, exactTime: z.string() });

/** A key as a checkpoint holds it. */
export interface StateAtCheckpoint extends z.output<typeof checkpoints.row> {
  /** Whether the key was there; tells a JSON null from none. */
  readonly present: boolean;
  /** Its value then; null when it was not there. */
  readonly stateValue: z.output<typeof storedJson>;
}

/** Which part of a key's past to list. */
export interface StateHistoryInput extends StateRef, PageOptions {}

const historyInput = stateRef.extend(pageOptions);
const newestFirst: CursorKind<TimePosition> = { list: "state history", position: timePosition };

/** Follows a key through the checkpoints, newest first; see {@link State.history}. */
export async function stateHistory(
  on: Executor,
  input: StateHistoryInput,
  options?: QueryOptions,
): Promise<Page<StateAtCheckpoint>> {
  const { agentId, stateKey, limit, cursor } = parseInput(historyInput, input, "the state history to list");
  const before = readCursor(newestFirst, cursor);
  const rows = await on.read.any(
    sql.type(row)`
      SELECT
        ${checkpoints.columns("c")},
        c.state_snapshot -> ${stateKey}::TEXT IS NOT NULL AS present,
        c.state_snapshot -> ${stateKey}::TEXT AS "stateValue",
        ${exactTime(sql.fragment`c.created_at`)} AS "exactTime"
      FROM agents.checkpoints AS c
      WHERE c.agent_id = ${agentId}
        AND ${olderThan(before, sql.fragment`c.created_at`, sql.fragment`c.checkpoint_id`)}
      ORDER BY c.created_at DESC, c.checkpoint_id DESC
      LIMIT ${limit + 1}`,
    options,
  );
  return pageOf(
    newestFirst,
    rows,
    limit,
    (at) => [at.exactTime, at.checkpointId],
    ({ exactTime: _, ...at }) => at,
  );
}
