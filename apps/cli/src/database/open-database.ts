import { userInfo } from "node:os";
import { createDatabase, type Database, type DatabaseOptions } from "@mister-smith/client";

/** How the tool opens the primary for questions of its own. */
export interface OpenOptions {
  readonly url: string;
  /** Servers that may each be the primary, in place of the one in the URL. Default: that of the URL. */
  readonly addresses?: readonly string[] | undefined;
  /** How long a connection may take to open, and a server to answer at all. */
  readonly connectTimeoutMs: number;
  /** How long a statement may run; 0 is without limit. */
  readonly statementTimeoutMs: number;
  /** Connections that may be used at the same time. Default: 2. */
  readonly connections?: number | undefined;
  /** How long a caller waits for one of them. Default: as long as one may take to open. */
  readonly acquireTimeoutMs?: number | undefined;
  /** What the server shows the connections as. Default: `smith`. */
  readonly applicationName?: string | undefined;
}

// A command is over before a watch of its servers would tell it anything: whoever loses a connection asks at once.
const watchNoMore = 2_147_483_647;
const closeTimeoutMs = 5_000;

/**
 * Opens the primary with few connections. The caller closes it.
 *
 * @throws ClientError `NO_PRIMARY` when no server takes writes now
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const database = await createDatabase(databaseOptionsOf(options));
  try {
    // Every server has answered by now, or has not.
    await database.ready({ timeoutMs: 1 });
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The client's options for the tool: small pools, and a watch that keeps quiet. */
export function databaseOptionsOf(options: OpenOptions): DatabaseOptions {
  const { connectTimeoutMs, connections = 2, addresses } = options;
  const url = withoutName(options.url);
  return {
    primary: {
      url,
      ...(addresses === undefined ? {} : { addresses: [...addresses] }),
      ...(new URL(url).username === "" ? { user: defaultUser() } : {}),
      applicationName: options.applicationName ?? "smith",
      // One more: it asks the server what it is.
      max: connections + 1,
      min: 0,
      connectTimeoutMs,
      acquireTimeoutMs: options.acquireTimeoutMs ?? connectTimeoutMs,
      statementTimeoutMs: options.statementTimeoutMs,
      closeTimeoutMs,
    },
    monitor: { intervalMs: watchNoMore, timeoutMs: connectTimeoutMs },
  };
}

// The tool's connections have names of its own.
function withoutName(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.delete("application_name");
  return parsed.href;
}

/** Whom the server is asked as where nobody is named: as its own tools do. */
export function defaultUser(): string {
  return process.env["PGUSER"] || userInfo().username;
}
