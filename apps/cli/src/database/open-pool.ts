import { createPool, type DatabasePool } from "slonik";
import { parseRows } from "./parse-rows.ts";

/** How a pool for the tool's own questions is opened. */
export interface PoolOptions {
  readonly url: string;
  /** How long a connection may take to open. */
  readonly connectTimeoutMs: number;
  /** How long a statement may run; 0 is without limit. */
  readonly statementTimeoutMs: number;
  /** Default: 2. */
  readonly maxConnections?: number;
}

/** A Slonik pool that shows as `smith` on the server and checks the rows it reads. The caller ends it. */
export async function openPool(options: PoolOptions): Promise<DatabasePool> {
  return await createPool(named(options.url), {
    captureStackTrace: false,
    connectionTimeout: options.connectTimeoutMs,
    connectionRetryLimit: 0,
    statementTimeout: options.statementTimeoutMs === 0 ? "DISABLE_TIMEOUT" : options.statementTimeoutMs,
    maxPoolSize: options.maxConnections ?? 2,
    interceptors: [parseRows],
  });
}

function named(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set("application_name", "smith");
  return parsed.href;
}
