import type { Database, Queryable } from "@mister-smith/client";
import type { Context } from "../context.ts";
import { withDatabase } from "../database/with-database.ts";
import { selectIndexPlan } from "../sql/optional-indexes.ts";
import { rawStatement } from "../sql/raw-statement.ts";
import { setLockTimeout } from "../sql/session.ts";

/** A statement of the plan, before it runs. */
export interface IndexStep {
  readonly statement: string;
  /** From 1. */
  readonly position: number;
  readonly total: number;
}

/** What is to become of an index. */
export interface IndexPlanOptions {
  readonly index: string;
  readonly enable: boolean;
  /** Shows the statements and runs none. */
  readonly dryRun: boolean;
  readonly onStep: (step: IndexStep) => void;
}

// While a statement waits for a lock on the parent table, everybody queues behind it.
const lockTimeoutMs = 5000;

/**
 * Creates or drops an optional index, statement by statement, each on its own: building concurrently is not
 * possible in a transaction. A run that stopped half-way is taken up by the next one. Gives the statements.
 */
export async function applyIndexPlan(context: Context, options: IndexPlanOptions): Promise<string[]> {
  const work = (database: Database) =>
    database.connect(async (connection) => {
      const { signal } = context;
      const plan = await connection.any(selectIndexPlan(options.index, options.enable), { signal });
      const statements = plan.map(({ statement }) => statement);
      if (!options.dryRun) await runStatements(connection, statements, signal, options);
      return statements;
    });
  // Building an index takes as long as it takes.
  return await withDatabase(context, `change the index ${options.index}`, work, { statementTimeoutMs: 0 });
}

async function runStatements(
  connection: Queryable,
  statements: readonly string[],
  signal: AbortSignal,
  { onStep }: IndexPlanOptions,
): Promise<void> {
  for (const [done, statement] of statements.entries()) {
    signal.throwIfAborted();
    onStep({ statement, position: done + 1, total: statements.length });
    // A concurrent statement waits for transactions that are older than itself, and blocks nobody meanwhile.
    const concurrent = /^(CREATE|DROP) INDEX CONCURRENTLY /.test(statement);
    await connection.one(setLockTimeout(concurrent ? 0 : lockTimeoutMs));
    await connection.query(rawStatement(statement), { signal });
  }
}
