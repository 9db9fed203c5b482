import { asDatabaseError } from "@mister-smith/errors";
import type { Client } from "pg";
import type { z } from "zod";

/** A query of Slonik's tag with the shape of its rows. */
export interface TypedQuery<Row extends z.ZodType> {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly parser: Row;
}

/** One connection to a server, for the little that starting it needs. */
export interface ServerConnection extends AsyncDisposable {
  /** Runs the query and checks its rows. */
  rows<Row extends z.ZodType>(query: TypedQuery<Row>): Promise<z.output<Row>[]>;
}

/**
 * Connects to a server.
 *
 * @throws DatabaseError when it cannot be reached
 */
export async function connect(url: string): Promise<ServerConnection> {
  const client = await open(url);
  return {
    rows: async (query) => {
      const result = await client
        .query({ text: withPlainPlaceholders(query.sql), values: [...query.values] })
        .catch((error: unknown) => {
          throw asDatabaseError(error, "prepare the embedded server");
        });
      return result.rows.map((row: unknown) => query.parser.parse(row));
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function open(url: string): Promise<Client> {
  // The driver costs a tenth of a second to load: who only looks for servers does not pay for it.
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    connectionString: url,
    application_name: "mister-smith embedded",
    connectionTimeoutMillis: 10_000,
    query_timeout: 120_000,
  });
  // A server that goes away between two queries must not end the program; the next query reports it.
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    throw asDatabaseError(error, "connect to the embedded server");
  });
  return client;
}

/** The tag numbers its placeholders in a way of its own, which Slonik's pool would translate. */
function withPlainPlaceholders(text: string): string {
  return text.replaceAll(/\$slonik_(\d+)/g, "$$$1");
}
