import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { asDatabaseError } from "@mister-smith/errors";
import { migrationsFolder } from "@mister-smith/schema";
import type { z } from "zod";
import type { Executor, Statement } from "../../src/index.ts";
import { queryableOf } from "../../src/queryable/queryable-of.ts";

/**
 * A database with our schema and pgvector: PostgreSQL in this process, with one connection. It stands in for a server
 * with the extension, as none at hand has it.
 */
export interface PgvectorDatabase {
  readonly on: Executor;
  close(): Promise<void>;
}

/** Makes one, with the newest schema. */
export async function pgvectorDatabase(): Promise<PgvectorDatabase> {
  const database = await PGlite.create({ extensions: { vector } });
  const files = await readdir(migrationsFolder());
  for (const file of files.filter((name) => name.endsWith(".up.sql")).sort()) {
    await database.exec(`BEGIN; ${await readFile(join(migrationsFolder(), file), "utf8")}\n; COMMIT`);
  }
  const statements = queryableOn(database);
  const transaction: Executor["transaction"] = (work) =>
    database.transaction(async (connection) => {
      const on = queryableOn(connection);
      return await work({
        read: on,
        write: on,
        transaction: (nested) => nested({ read: on, write: on, transaction }),
      });
    });
  return { on: { read: statements, write: statements, transaction }, close: () => database.close() };
}

function queryableOn(connection: Pick<PGlite, "query">) {
  async function query<Row extends z.ZodType>(statement: Statement<Row>) {
    try {
      const text = statement.sql.replaceAll(/\$slonik_(\d+)/g, "$$$1");
      const { rows, affectedRows } = await connection.query(text, [...statement.values]);
      const parsed = rows.map((row) => statement.parser.parse(row));
      return { rows: parsed, rowCount: affectedRows ?? 0 };
    } catch (error) {
      throw asDatabaseError(error, "run a statement");
    }
  }
  return queryableOf({
    query,
    stream: async function* (statement) {
      yield* (await query(statement)).rows;
    },
  });
}
