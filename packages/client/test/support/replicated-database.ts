import { z } from "zod";
import { createDatabase, type Database, type DatabaseOptions, sql } from "../../src/index.ts";

/** Watches closely, so that tests need not wait. */
export const closeWatch = {
  monitor: { intervalMs: 100, timeoutMs: 1_000 },
  retry: { initialDelayMs: 10, maxDelayMs: 200 },
} as const satisfies Partial<DatabaseOptions>;

/** Opens a database on servers that may each become the primary; reads go to `replicas`. */
export async function openDatabase(
  servers: {
    readonly primaries: readonly { readonly url: string }[];
    readonly replicas?: readonly { readonly url: string }[];
  },
  options: Omit<Partial<DatabaseOptions>, "primary" | "replica"> & {
    readonly primary?: Omit<DatabaseOptions["primary"], "url" | "addresses">;
    readonly replica?: Omit<DatabaseOptions["primary"], "url" | "addresses">;
  } = {},
): Promise<Database> {
  const [first] = servers.primaries;
  const { replicas = [] } = servers;
  const { primary, replica, ...others } = options;
  return await createDatabase({
    ...closeWatch,
    ...others,
    primary: {
      min: 0,
      closeTimeoutMs: 5_000,
      ...primary,
      url: first?.url ?? "",
      addresses: servers.primaries.map(addressOf),
    },
    ...(replicas.length === 0
      ? {}
      : { replica: { min: 0, closeTimeoutMs: 5_000, ...replica, addresses: replicas.map(addressOf) } }),
  });
}

/** `host:port` of a URL. */
export function addressOf({ url }: { readonly url: string }): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port}`;
}

/** Writes a note. */
export const addNote = (id: number, note = "") => sql.type(z.object({ id: z.int() }))`
  INSERT INTO notes (id, note) VALUES (${id}, ${note}) RETURNING id
`;

/** Counts the notes. */
export const countNotes = sql.type(z.object({ count: z.int() }))`SELECT count(*)::int AS count FROM notes`;

/** The port of the server that answers. */
export const serverPort = sql.type(z.object({ port: z.int() }))`
  SELECT pg_catalog.current_setting('port')::int AS port
`;

/** Runs for so long. */
export const sleepFor = (seconds: number) => sql.type(z.object({ done: z.boolean() }))`
  SELECT pg_catalog.pg_sleep(${seconds}) IS NOT NULL AS done
`;

/** Runs for so long, and says where. */
export const sleepAndTellPort = (seconds: number) => sql.type(z.object({ port: z.int() }))`
  SELECT pg_catalog.current_setting('port')::int AS port FROM (SELECT pg_catalog.pg_sleep(${seconds})) AS slept
`;
