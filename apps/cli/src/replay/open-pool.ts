import { SmithError } from "@mister-smith/errors";
import { createPool, type DatabasePool, type Interceptor } from "slonik";

/** How a replay uses the database. */
export interface PoolOptions {
  readonly databaseUrl: string;
  /** How many connections at most. */
  readonly connections: number;
  /** After how long the server gives up one statement, in milliseconds. Default: 60,000. */
  readonly statementTimeoutMs?: number;
  /** After how long a connection that is not made is given up, in milliseconds. Default: 10,000. */
  readonly connectTimeoutMs?: number;
}

/** Opens the pool of a replay. Rows are parsed by the schema of their query; nothing is retried behind our back. */
export async function openPool(options: PoolOptions): Promise<DatabasePool> {
  return await createPool(named(options.databaseUrl), {
    maxPoolSize: options.connections,
    connectionTimeout: options.connectTimeoutMs ?? 10_000,
    statementTimeout: options.statementTimeoutMs ?? 60_000,
    connectionRetryLimit: 0,
    queryRetryLimit: 0,
    transactionRetryLimit: 0,
    interceptors: [rowParser],
    typeParsers: [
      { name: "timestamptz", parse: isoTime },
      { name: "int8", parse: Number },
      { name: "numeric", parse: Number },
    ],
  });
}

const rowParser: Interceptor = {
  name: "row-parser",
  async transformRowAsync({ resultParser }, query, row) {
    if (resultParser === undefined) return row;
    const result = await resultParser["~standard"].validate(row);
    if (result.issues === undefined) return result.value as typeof row;
    const [issue] = result.issues;
    const place = issue?.path?.join(".") ?? "";
    throw new SmithError(
      "UNEXPECTED_ROW",
      `the database returned an unexpected row: ${place}: ${issue?.message}`,
      {
        hint: "Run `smith migrate status`: the schema may not be the one this version of smith knows.",
        details: { sql: query.sql },
      },
    );
  },
};

// Recorded times have milliseconds. What has more is no time that a replay wrote, and stays as it is to be seen.
function isoTime(text: string): string {
  return /\.\d{4,}/.test(text) ? text : new Date(text).toISOString();
}

function named(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set("application_name", "smith replay");
  return url.href;
}
