import type { MigrationEvent, MigratorOptions, TrackingTableName } from "@mister-smith/schema";
import type { Context } from "../context.ts";
import { version } from "../version.ts";
import type { CommonInput } from "./common-options.ts";
import { migrationsFolderOf } from "./migrations-folder-of.ts";

/** What may differ from the configuration and the defaults. */
export interface MigratorOverrides {
  /** Another database than the configured one. */
  readonly url?: string;
  /** Hears of progress. */
  readonly onEvent?: (event: MigrationEvent) => void;
}

/** The options of the migrator for a command, from its flags and the configuration. */
export async function migratorOptions(
  context: Context,
  input: CommonInput,
  { url, onEvent = () => {} }: MigratorOverrides = {},
): Promise<MigratorOptions> {
  const { database, migrations } = (await context.config()).values;
  return {
    connection: url ?? (await context.databaseUrl()),
    folder: await migrationsFolderOf(context, input),
    table: trackingTable(input.table ?? migrations.table),
    connectTimeoutMs: database.connectTimeoutMs,
    statementLockTimeoutMs: migrations.statementLockTimeoutMs,
    runnerLockTimeoutMs: migrations.runnerLockTimeoutMs,
    toolVersion: `smith ${version}`,
    signal: context.signal,
    onEvent,
  };
}

function trackingTable(text: string): TrackingTableName {
  const dot = text.indexOf(".");
  return dot < 0 ? { name: text } : { schema: text.slice(0, dot), name: text.slice(dot + 1) };
}
