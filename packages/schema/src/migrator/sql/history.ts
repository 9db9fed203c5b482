import { z } from "zod";
import type { Direction, TrackingTable } from "../tracking/tracking-table.ts";
import { command, historyTable, sql } from "./slonik.ts";

/** An entry of the history. */
export interface HistoryEntry {
  readonly version: number;
  readonly name: string;
  readonly action: Direction | "baseline" | "repair";
  readonly outcome: "done" | "failed" | "statement-started" | "statement-done";
  readonly toolVersion: string;
  readonly durationMs: number | null;
  readonly checksum: string | null;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Adds an entry. */
export const insertHistory = (table: TrackingTable, entry: HistoryEntry) => command`
  INSERT INTO ${historyTable(table)}
    (version, description, action, outcome, tool_version, execution_time, checksum, reason, details)
  VALUES (
    ${entry.version}, ${entry.name}, ${entry.action}, ${entry.outcome}, ${entry.toolVersion},
    make_interval(secs => ${entry.durationMs === null ? null : entry.durationMs / 1000}::float8),
    ${entry.checksum}, ${entry.reason}, ${JSON.stringify(entry.details)}::jsonb
  )
`;

const progressRow = z.object({
  outcome: z.enum(["statement-started", "statement-done"]),
  statement: z.string(),
});

/** The statements that a run left behind which neither finished nor was taken back, in order. */
export const selectProgress = (table: TrackingTable, version: number, direction: Direction) => sql.type(
  progressRow,
)`
  SELECT outcome, details ->> 'statement' AS statement
  FROM ${historyTable(table)}
  WHERE version = ${version}
    AND action = ${direction}
    AND outcome IN ('statement-started', 'statement-done')
    AND entry > coalesce(
      (SELECT max(entry) FROM ${historyTable(table)} WHERE version = ${version} AND outcome = 'done'), 0
    )
  ORDER BY entry
`;

/** For each version the checksum of the down file at the time when it was last applied. */
export const selectDownChecksums = (table: TrackingTable) => sql.type(
  z.object({ version: z.coerce.number(), checksum: z.string().nullable() }),
)`
  SELECT DISTINCT ON (version) version, details ->> 'downChecksum' AS checksum
  FROM ${historyTable(table)}
  WHERE action IN ('up', 'baseline', 'repair') AND outcome = 'done'
  ORDER BY version, entry DESC
`;

/** Versions whose last entry says that a run without a transaction was interrupted. */
export const selectInterrupted = (table: TrackingTable) => sql.type(
  z.object({ version: z.coerce.number(), line: z.coerce.number().nullable(), action: z.string() }),
)`
  SELECT version, line, action
  FROM (
    SELECT DISTINCT ON (version) version, details ->> 'line' AS line, action, outcome
    FROM ${historyTable(table)}
    WHERE version > 0
    ORDER BY version, entry DESC
  ) AS latest
  WHERE outcome IN ('statement-started', 'statement-done')
`;
