import type { ClientConfig } from "pg";
import { MigrationError } from "../errors/migration-error.ts";
import type { TrackingTable } from "../tracking/tracking-table.ts";
import type { MigrationEvent } from "./migration-event.ts";
import type { MigratorOptions, TrackingTableName } from "./migrator-options.ts";
import { ownVersion } from "./own-version.ts";

/** The options of a command with every default in place. */
export interface ResolvedOptions {
  readonly connection: ClientConfig;
  readonly folder: string;
  readonly table: TrackingTable;
  readonly statementLockTimeoutMs: number;
  readonly lockRetries: number;
  readonly lockRetryDelayMs: number;
  readonly runnerLockTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly toolVersion: string;
  readonly emit: (event: MigrationEvent) => void;
  readonly signal: AbortSignal | undefined;
}

const defaults = {
  statementLockTimeoutMs: 500,
  lockRetries: 20,
  lockRetryDelayMs: 250,
  runnerLockTimeoutMs: 600_000,
  connectTimeoutMs: 10_000,
} as const;

// The most that PostgreSQL's settings in milliseconds and Node's timers take.
const maxNumber = 2_147_483_647;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {MigrationError} MIGRATION_USAGE
 */
export function resolveOptions(options: MigratorOptions): ResolvedOptions {
  const { connection, folder, onEvent } = options;
  return {
    connection: typeof connection === "string" ? { connectionString: connection } : connection,
    folder: requireText("folder", folder),
    table: resolveTable(options.table ?? {}),
    ...resolveNumbers(options),
    toolVersion: options.toolVersion ?? ownVersion,
    emit: (event) => tell(onEvent, event),
    signal: options.signal,
  };
}

/** @throws {MigrationError} MIGRATION_USAGE when `value` is empty */
export function requireText(option: string, value: string): string {
  if (value.trim() === "") throw usage(`"${option}" must not be empty`, option, value);
  return value;
}

type Numbers = Record<keyof typeof defaults, number>;

function resolveNumbers(options: MigratorOptions): Numbers {
  const of = (option: keyof Numbers) => requireNumber(option, options[option] ?? defaults[option]);
  return {
    statementLockTimeoutMs: of("statementLockTimeoutMs"),
    lockRetries: of("lockRetries"),
    lockRetryDelayMs: of("lockRetryDelayMs"),
    runnerLockTimeoutMs: of("runnerLockTimeoutMs"),
    connectTimeoutMs: of("connectTimeoutMs"),
  };
}

function requireNumber(option: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= maxNumber) return value;
  throw usage(`"${option}" is ${value}, and must be a whole number from 0 to ${maxNumber}`, option, value);
}

function resolveTable({ schema = "public", name = "schema_migrations" }: TrackingTableName): TrackingTable {
  const table = { schema, name, history: `${name}_history` };
  for (const [option, value] of Object.entries(table)) {
    requireText(`table.${option}`, value);
    if (Buffer.byteLength(value) > 63 || value.includes("\0")) {
      throw usage(`"${value}" is too long for the name of a table or schema`, `table.${option}`, value);
    }
  }
  return table;
}

function usage(message: string, option: string, given: unknown): MigrationError {
  return new MigrationError("MIGRATION_USAGE", message, { details: { option, given } });
}

function tell(onEvent: MigratorOptions["onEvent"], event: MigrationEvent): void {
  try {
    onEvent?.(event);
  } catch {
    // A listener's mistake must not end a migration half-way.
  }
}
