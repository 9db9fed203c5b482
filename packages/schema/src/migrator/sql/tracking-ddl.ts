import type { TrackingTable } from "../tracking/tracking-table.ts";
import { command, historyTable, literalText, sql, trackingTable } from "./slonik.ts";

// The one place beside the migrations that creates tables: what records migrations cannot be one of them.

const createTracking = (table: TrackingTable) => command`
  CREATE TABLE IF NOT EXISTS ${trackingTable(table)} (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP WITH TIME ZONE DEFAULT now(),
    installed_by TEXT DEFAULT CURRENT_USER,
    execution_time INTERVAL,
    checksum VARCHAR(64)
  )
`;

const createHistory = (table: TrackingTable) => command`
  CREATE TABLE IF NOT EXISTS ${historyTable(table)} (
    entry BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version BIGINT NOT NULL,
    description TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('up', 'down', 'baseline', 'repair')),
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'failed', 'statement-started', 'statement-done')),
    recorded_on TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    recorded_by TEXT NOT NULL DEFAULT CURRENT_USER,
    tool_version TEXT NOT NULL,
    execution_time INTERVAL,
    checksum VARCHAR(64),
    reason TEXT,
    details JSONB NOT NULL DEFAULT '{}'
  )
`;

const trackingColumns = {
  version: "The number in front of the file's name.",
  description: "The file's name between its number and its direction.",
  installed_on: "When it was applied, or baselined.",
  installed_by: "The role that applied it.",
  execution_time: "How long it took; NULL when it was baselined.",
  checksum: "SHA-256 of the up file with LF line ends and without a byte-order mark.",
};

const historyColumns = {
  entry: "The order of the entries.",
  version: "The migration; 0 is the state before the first one.",
  description: "The name of the migration at that time.",
  action: "What was done: up, down, baseline or repair.",
  outcome:
    "done; failed; or, for files that run without a transaction, statement-started and statement-done: from these an interrupted run is continued.",
  recorded_on: "When the entry was written.",
  recorded_by: "The role that did it.",
  tool_version: "The tool that did it, with its version.",
  execution_time: "How long it took.",
  checksum: "For up, baseline and repair the checksum of the up file, for down that of the down file.",
  reason: "Why, in the words of who did it; always given for repair and baseline.",
  details:
    "What else is worth keeping: the error, the statement, the rows that were given up, the old checksum.",
};

const commentOn = (
  table: readonly [string, string],
  text: string,
  columns: Readonly<Record<string, string>>,
) => [
  command`COMMENT ON TABLE ${sql.identifier(table)} IS ${sql.literalValue(text)}`,
  ...Object.entries(columns).map(
    ([column, comment]) =>
      command`COMMENT ON COLUMN ${sql.identifier([...table, column])} IS ${sql.literalValue(comment)}`,
  ),
];

/** Makes both tables where they are missing, without a right for PUBLIC, as one text that is one transaction. */
export function trackingDdl(table: TrackingTable, schemaExists: boolean): string {
  return [
    ...(schemaExists ? [] : [command`CREATE SCHEMA IF NOT EXISTS ${sql.identifier([table.schema])}`]),
    createTracking(table),
    createHistory(table),
    ...commentOn(
      [table.schema, table.name],
      "The migrations that are applied. Written by the migrator alone.",
      trackingColumns,
    ),
    ...commentOn(
      [table.schema, table.history],
      "Everything that the migrator ever did here. Entries are added, never changed.",
      historyColumns,
    ),
    command`REVOKE ALL ON TABLE ${trackingTable(table)}, ${historyTable(table)} FROM PUBLIC`,
  ]
    .map((statement) => `${literalText(statement)};`)
    .join("\n");
}
