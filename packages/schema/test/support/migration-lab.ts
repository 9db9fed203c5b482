import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createTestDatabase, type TestCluster } from "@mister-smith/testkit";
import pg from "pg";
import type { MigratorOptions } from "../../src/index.ts";

type Row = Record<string, unknown>;

/** A database and a folder of migrations for one test alone. */
export interface MigrationLab extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  /** What every command takes. */
  readonly options: MigratorOptions;
  /** Writes files into the folder: name to text. */
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>;
  readonly remove: (file: string) => Promise<void>;
  /** Runs a statement on the lab's own connection. */
  readonly rows: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
  /** One more connection, closed with the lab. */
  readonly connect: (url?: string) => Promise<pg.Client>;
  /** Resolves once the query, asked again and again, gives a row. */
  readonly until: (text: string) => Promise<Row>;
}

/** Makes a lab on a cluster. */
export async function migrationLab(cluster: TestCluster): Promise<MigrationLab> {
  const database = await createTestDatabase({ cluster });
  const folder = await mkdtemp(join(tmpdir(), "smith-migrations-"));
  const clients: pg.Client[] = [];

  const connect = async (url = database.url) => {
    const client = new pg.Client({ connectionString: url, application_name: "migration test" });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const own = await connect();
  const rows = async (text: string, values: readonly unknown[] = []) =>
    (await own.query<Row>(text, [...values])).rows;

  return {
    url: database.url,
    folder,
    options: { connection: database.url, folder },
    write: async (files) => {
      for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
    },
    remove: (file) => rm(join(folder, file)),
    rows,
    connect,
    until: async (text) => {
      for (;;) {
        const [row] = await rows(text);
        if (row !== undefined) return row;
        await delay(10);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    },
  };
}
