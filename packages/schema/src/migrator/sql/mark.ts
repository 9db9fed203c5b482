import type { FragmentSqlToken } from "@slonik/sql-tag";
import { runnerLockKey } from "../lock/runner-lock-key.ts";
import type { TransactionMode } from "../statements/transaction-mode.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";
import type { Direction, TrackingTable } from "../tracking/tracking-table.ts";
import { holdsRunnerLock } from "./holds-runner-lock.ts";
import { command, historyTable, literalText, sql, trackingTable } from "./slonik.ts";

/** What is recorded about one migration that went up or down. */
export interface Mark {
  readonly direction: Direction;
  readonly mode: TransactionMode;
  readonly migration: Pick<AppliedMigration, "version" | "name">;
  /** The checksum of the file that ran. */
  readonly checksum: string;
  /** Goes into the history as JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Prepares, for this session, the statements that {@link markSql} executes: a row and its history entry as one.
 *
 * May be sent again in the same session. Parsing and planning them anew for every file would cost as much as the file itself where files are small.
 */
export function prepareMarks(table: TrackingTable, toolVersion: string): string {
  return [command`DEALLOCATE ALL`, prepareUp(table, toolVersion), prepareDown(table, toolVersion)]
    .map((statement) => `${literalText(statement)};`)
    .join("\n");
}

// The version is NOT NULL in both tables: without the lock of the runners nothing can be recorded, and what the
// file has done is rolled back with it. As a statement of its own the check would cost every file a plan.
const whileLocked = (table: TrackingTable) =>
  sql.fragment`CASE WHEN ${holdsRunnerLock(runnerLockKey(table))} THEN $1 END`;

const prepareUp = (table: TrackingTable, toolVersion: string) => command`
  PREPARE smith_mark_up (bigint, text, timestamptz, varchar, jsonb) AS
  WITH applied AS (
    INSERT INTO ${trackingTable(table)} (version, description, execution_time, checksum)
    VALUES (${whileLocked(table)}, $2, pg_catalog.clock_timestamp() - $3, $4)
    RETURNING version, description, execution_time, checksum
  )
  INSERT INTO ${historyTable(table)}
    (version, description, action, outcome, tool_version, execution_time, checksum, details)
  SELECT version, description, 'up', 'done', ${sql.literalValue(toolVersion)}, execution_time, checksum, $5
  FROM applied
`;

const prepareDown = (table: TrackingTable, toolVersion: string) => command`
  PREPARE smith_mark_down (bigint, text, timestamptz, varchar, jsonb) AS
  WITH removed AS (
    DELETE FROM ${trackingTable(table)} WHERE version = $1
  )
  INSERT INTO ${historyTable(table)}
    (version, description, action, outcome, tool_version, execution_time, checksum, details)
  VALUES (
    ${whileLocked(table)}, $2, 'down', 'done', ${sql.literalValue(toolVersion)}, pg_catalog.clock_timestamp() - $3, $4, $5
  )
`;

const startOf: Readonly<Record<TransactionMode, FragmentSqlToken>> = {
  transaction: sql.fragment`pg_catalog.now()`,
  // No transaction spans the file: its start was noted in a setting of the session.
  statements: sql.fragment`
    nullif(pg_catalog.current_setting('smith.file_started', TRUE), '')::pg_catalog.timestamptz
  `,
};

/** Notes when a file begins that runs without a transaction. */
export const noteStart = command`
  SELECT pg_catalog.set_config('smith.file_started', pg_catalog.clock_timestamp()::text, FALSE)
`;

const preparedName: Readonly<Record<Direction, FragmentSqlToken>> = {
  up: sql.fragment`smith_mark_up`,
  down: sql.fragment`smith_mark_down`,
};

/** The row and its history entry as one statement, to be sent in one message with COMMIT. */
export function markSql({ direction, mode, migration, checksum, details }: Mark): string {
  return literalText(command`
    EXECUTE ${preparedName[direction]} (
      ${sql.literalValue(String(migration.version))}, ${sql.literalValue(migration.name)}, ${startOf[mode]},
      ${sql.literalValue(checksum)}, ${sql.literalValue(JSON.stringify(details))}
    )`);
}
