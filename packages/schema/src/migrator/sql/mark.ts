import type { FragmentSqlToken } from "@slonik/sql-tag";
import type { TransactionMode } from "../statements/transaction-mode.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";
import type { Direction, TrackingTable } from "../tracking/tracking-table.ts";
import { command, historyTable, literalText, sql, trackingTable } from "./slonik.ts";

/** What is recorded about one migration that went up or down. */
export interface MarkOptions {
  readonly table: TrackingTable;
  readonly direction: Direction;
  readonly mode: TransactionMode;
  readonly migration: Pick<AppliedMigration, "version" | "name">;
  /** The checksum of the file that ran. */
  readonly checksum: string;
  readonly toolVersion: string;
  readonly reason: string | undefined;
  /** Goes into the history as JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}

const elapsedOf: Readonly<Record<TransactionMode, FragmentSqlToken>> = {
  transaction: sql.fragment`pg_catalog.clock_timestamp() - pg_catalog.now()`,
  // No transaction spans the file: its start was noted in a setting of the session.
  statements: sql.fragment`
    pg_catalog.clock_timestamp() - nullif(pg_catalog.current_setting('smith.file_started', TRUE), '')::timestamptz
  `,
};

/** Notes when a file begins that runs without a transaction. */
export const noteStart = command`
  SELECT pg_catalog.set_config('smith.file_started', pg_catalog.clock_timestamp()::text, FALSE)
`;

/** The row and its history entry as one statement, to be sent in one message with COMMIT. */
export function markSql(options: MarkOptions): string {
  return literalText(options.direction === "up" ? markUp(options) : markDown(options));
}

const markUp = ({ table, migration, checksum, ...options }: MarkOptions) => command`
  WITH applied AS (
    INSERT INTO ${trackingTable(table)} (version, description, execution_time, checksum)
    VALUES (
      ${sql.literalValue(String(migration.version))}::bigint, ${sql.literalValue(migration.name)}, ${elapsedOf[options.mode]},
      ${sql.literalValue(checksum)}
    )
    RETURNING version, description, execution_time, checksum
  )
  INSERT INTO ${historyTable(table)}
    (version, description, action, outcome, tool_version, execution_time, checksum, reason, details)
  SELECT version, description, 'up', 'done', ${sql.literalValue(options.toolVersion)}, execution_time, checksum,
    ${nullable(options.reason)}, ${sql.literalValue(JSON.stringify(options.details))}::jsonb
  FROM applied
`;

const markDown = ({ table, migration, checksum, ...options }: MarkOptions) => command`
  WITH removed AS (
    DELETE FROM ${trackingTable(table)}
    WHERE version = ${sql.literalValue(String(migration.version))}::bigint
    RETURNING version, description
  )
  INSERT INTO ${historyTable(table)}
    (version, description, action, outcome, tool_version, execution_time, checksum, reason, details)
  SELECT version, description, 'down', 'done', ${sql.literalValue(options.toolVersion)}, ${elapsedOf[options.mode]},
    ${sql.literalValue(checksum)}, ${nullable(options.reason)},
    ${sql.literalValue(JSON.stringify(options.details))}::jsonb
  FROM removed
`;

const nullable = (value: string | undefined) =>
  value === undefined ? sql.fragment`NULL` : sql.literalValue(value);
