import { asDatabaseError } from "@mister-smith/errors";
import pg from "pg";
import type { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import type { QueryResult } from "../queryable/queryable.ts";
import { queryableOf } from "../queryable/queryable-of.ts";
import { repositoriesOf } from "../repositories/repositories.ts";
import type { Statement } from "../statement/statement.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { transactionOn } from "../transaction/transaction-on.ts";
import type { Database } from "./database.ts";

/** Opens the database. FIRST SLICE: one pool, no resilience; the innards are being replaced. */
export async function createDatabase(options: {
  readonly primary: { readonly url: string };
}): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: options.primary.url,
    max: 10,
    application_name: "smith/primary",
  });
  const on = queryableOn((config) => pool.query(config));
  const executor: Executor = { read: on, write: on, transaction: (work) => transaction(work) };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= pool.end();
    return closing;
  };
  return { ...executor, ...repositoriesOf(executor), transaction, close, [Symbol.asyncDispose]: close };

  async function transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      const result = await work(transactionOnClient(client));
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
  }
}

function transactionOnClient(client: pg.PoolClient): Transaction {
  const on = queryableOn((config) => client.query(config));
  let depth = 0;
  return transactionOn(on, async function savepoint(work) {
    depth += 1;
    const name = `nested_${depth}`;
    await client.query(`SAVEPOINT ${name}`);
    try {
      const result = await work({ read: on, write: on, transaction: savepoint });
      await client.query(`RELEASE SAVEPOINT ${name}`);
      return result;
    } catch (error) {
      await client.query(`ROLLBACK TO SAVEPOINT ${name}`);
      throw error;
    }
  });
}

function queryableOn(run: (config: pg.QueryConfig) => Promise<pg.QueryResult>) {
  return queryableOf({
    query: async <Row extends z.ZodType>(statement: Statement<Row>): Promise<QueryResult<z.output<Row>>> => {
      try {
        const { rows, rowCount } = await run({
          text: textOf(statement),
          values: [...statement.values],
        });
        return { rows: rows.map((row) => statement.parser.parse(row)), rowCount: rowCount ?? 0 };
      } catch (error) {
        throw asDatabaseError(error, "run a statement");
      }
    },
    stream: async function* (statement) {
      for (const row of (await run({ text: textOf(statement), values: [...statement.values] })).rows)
        yield statement.parser.parse(row);
    },
  });
}

// Slonik's tag leaves the form of placeholders to the driver.
function textOf(statement: Statement): string {
  return statement.sql.replace(/\$slonik_(\d+)/g, "$$$1");
}
