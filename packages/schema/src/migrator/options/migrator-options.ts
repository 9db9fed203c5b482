import type { ClientConfig } from "pg";
import type { MigrationEvent } from "./migration-event.ts";

/** Names the table that records what is applied. Its history lives beside it as `<name>_history`. */
export interface TrackingTableName {
  /** Default: `public`. Made when it is missing. */
  readonly schema?: string;
  /** Default: `schema_migrations`. At most 55 bytes. */
  readonly name?: string;
}

/** What every command of the migrator takes. */
export interface MigratorOptions {
  /**
   * Where the database is: a `postgres://` URL or the settings of a `pg` client. It must reach PostgreSQL itself
   * or a pooler in session mode, for the lock that keeps other runners out belongs to the session.
   */
  readonly connection: string | ClientConfig;
  /** The folder with `NNNNN_name.up.sql` and `NNNNN_name.down.sql`; {@link migrationsFolder} is the shipped one. */
  readonly folder: string;
  /** Default: `public.schema_migrations`. */
  readonly table?: TrackingTableName;
  /**
   * How long a statement may wait for a lock, in milliseconds. While it waits, whoever wants the same table
   * queues behind it, so this is also the longest pause an application sees. Default: 500. 0 waits for ever.
   */
  readonly statementLockTimeoutMs?: number;
  /** How many times a file that did not get its locks is rolled back and begun again. Default: 20. 0: never. */
  readonly lockRetries?: number;
  /**
   * The pause before the first such retry, in milliseconds; it doubles with each one up to 5 seconds, with
   * jitter. Nothing is locked meanwhile. Default: 250.
   */
  readonly lockRetryDelayMs?: number;
  /** How long to wait for another runner of the same table to finish, in milliseconds. Default: 600000. */
  readonly runnerLockTimeoutMs?: number;
  /** How long connecting may take, in milliseconds. Default: 10000. */
  readonly connectTimeoutMs?: number;
  /** What the history names as the tool. Default: this package and its version. */
  readonly toolVersion?: string;
  /** Hears of progress, as it happens. What it throws is ignored. */
  readonly onEvent?: (event: MigrationEvent) => void;
  /** Ends the run: the statement that runs is cancelled and its file rolled back. */
  readonly signal?: AbortSignal;
}
