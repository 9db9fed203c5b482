import { agentsCheckpointsRow } from "@mister-smith/schema";
import { z } from "zod";
import { storedJson } from "../json/stored-json.ts";
import { entity } from "../statement/entity.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";

/** `agents.checkpoints` with the snapshots. */
export const checkpoints = entity(agentsCheckpointsRow.extend({ state_snapshot: storedJson }));
/** A checkpoint with its snapshot: an object with one field a key. */
export type Checkpoint = z.output<typeof checkpoints.row>;

const withoutSnapshot = entity(agentsCheckpointsRow.omit({ state_snapshot: true }));

/** Parses what {@link checkpointInfoColumns} selects. */
export const checkpointInfoRow = withoutSnapshot.row.extend({ storedBytes: z.int() });
/** What is known of a checkpoint without reading its snapshot; `storedBytes` is its size on disk, compressed. */
export type CheckpointInfo = z.output<typeof checkpointInfoRow>;

/** The columns of a {@link CheckpointInfo}. */
export function checkpointInfoColumns(table: string): SqlFragment {
  const snapshot = sql.identifier([table, "state_snapshot"]);
  return sql.fragment`
    ${withoutSnapshot.columns(table)}, pg_catalog.pg_column_size(${snapshot}) AS "storedBytes"`;
}
