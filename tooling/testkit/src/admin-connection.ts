import { asDatabaseError } from "@mister-smith/errors";
import pg from "pg";
import type { z } from "zod";

interface TypedQuery<Row extends z.ZodType> {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly parser: Row;
}

/** The kit's own connection to a cluster. */
export interface AdminConnection extends AsyncDisposable {
  rows<Row extends z.ZodType>(query: TypedQuery<Row>): Promise<z.output<Row>[]>;
}

/** Connects to the database of the URL under the kit's own application name. */
export async function adminConnection(url: string): Promise<AdminConnection> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "mister-smith testkit",
    connectionTimeoutMillis: 10_000,
    query_timeout: 120_000,
  });
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    throw asDatabaseError(error, "connect to the test cluster");
  });
  return {
    rows: async (query) => {
      const text = query.sql.replaceAll("$slonik_", "$");
      const result = await client.query({ text, values: [...query.values] }).catch((error: unknown) => {
        throw asDatabaseError(error, "prepare a test database");
      });
      return result.rows.map((row: unknown) => query.parser.parse(row));
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
