import { type ClientConfiguration, createPool, type DatabasePool } from "slonik";
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
  /** What the server shows the connections as. Default: `smith`. */
  readonly applicationName?: string;
  /** How values of some types are read. Default: Slonik's own. */
  readonly typeParsers?: ClientConfiguration["typeParsers"];
}

/** A Slonik pool that shows its name on the server and checks the rows it reads. The caller ends it. */
export async function openPool(options: PoolOptions): Promise<DatabasePool> {
  return await createPool(named(options.url, options.applicationName ?? "smith"), {
    captureStackTrace: false,
    connectionTimeout: options.connectTimeoutMs,
    connectionRetryLimit: 0,
    statementTimeout: options.statementTimeoutMs === 0 ? "DISABLE_TIMEOUT" : options.statementTimeoutMs,
    maxPoolSize: options.maxConnections ?? 2,
    interceptors: [parseRows],
    ...(options.typeParsers === undefined ? {} : { typeParsers: options.typeParsers }),
  });
}

function named(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set("application_name", name);
  return parsed.href;
}
