import { SmithError } from "@mister-smith/errors";
import pg from "pg";
import type { z } from "zod";
import type { ResolvedOptions } from "../options/resolve-options.ts";
import { applySettings, identifySession, watchClient } from "../sql/session-settings.ts";
import type { QuerySqlToken } from "../sql/slonik.ts";
import { connectError } from "./connect-error.ts";
import { runQuery } from "./run-query.ts";

/** What a session is opened with. */
export interface OpenSessionOptions
  extends Pick<ResolvedOptions, "connection" | "connectTimeoutMs" | "statementLockTimeoutMs"> {
  /** Whether the server shall refuse every write. */
  readonly readOnly: boolean;
}

/** A connection of the migrator with its settings in place. */
export interface MigratorSession extends AsyncDisposable {
  readonly client: pg.Client;
  /** The process on the server. */
  readonly pid: number;
  readonly role: string;
  /** As `server_version_num`: 180001. */
  readonly serverVersion: number;
  /** SQL that puts every setting back, whatever a script has set. */
  readonly restoreSettings: string;
  /** Runs a query and checks its rows. */
  readonly any: <Row extends z.ZodType>(query: QuerySqlToken<Row>) => Promise<readonly z.output<Row>[]>;
}

/**
 * Connects and puts the session's settings in place.
 *
 * @throws {MigrationError} MIGRATION_CONNECT
 */
export async function openSession(options: OpenSessionOptions): Promise<MigratorSession> {
  const client = new pg.Client({
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: options.connectTimeoutMs,
    application_name: "smith migrate",
    ...options.connection,
  });
  // Without a listener a connection that breaks while nothing runs would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await prepare(client, options);
  } catch (error) {
    await endQuietly(client);
    throw connectError(error);
  }
}

async function prepare(
  client: pg.Client,
  { readOnly, statementLockTimeoutMs }: OpenSessionOptions,
): Promise<MigratorSession> {
  const [who] = await runQuery(client, identifySession);
  if (who === undefined) throw new SmithError("MIGRATOR_FAULT", "the server did not say who the session is");
  const watchesClient = await runQuery(client, watchClient).then(
    () => true,
    () => false,
  );
  const restoreSettings = applySettings({
    lockTimeoutMs: statementLockTimeoutMs,
    readOnly,
    serverVersion: who.server_version,
    watchesClient,
  });
  await client.query(restoreSettings);
  return {
    client,
    pid: who.pid,
    role: who.role,
    serverVersion: who.server_version,
    restoreSettings,
    any: (query) => runQuery(client, query),
    [Symbol.asyncDispose]: () => endQuietly(client),
  };
}

// A server that is gone cannot be told goodbye, and what was done is done: nothing to report.
async function endQuietly(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}
