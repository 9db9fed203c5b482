import { Migration } from "node-pg-migrate";
import type { MigrationStep } from "../plan/migration-step.ts";

/** What node-pg-migrate runs its statements on. */
export type EngineDatabase = ConstructorParameters<typeof Migration>[0];
type EngineOptions = ConstructorParameters<typeof Migration>[3];

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * A migration of node-pg-migrate that records itself in our tracking table instead of the engine's own.
 *
 * The engine makes the list of steps (BEGIN, the statements, the record, COMMIT, or without a transaction the
 * statements and the record) and sends one after the other to the database that it is given.
 */
export class TrackedMigration extends Migration {
  readonly #markSql: string;

  constructor(database: EngineDatabase, step: MigrationStep, markSql: string) {
    const run: NonNullable<Migration["up"]> = (pgm) => {
      if (step.mode === "statements") pgm.noTransaction();
      for (const statement of step.statements) pgm.sql(statement.text);
    };
    const actions =
      step.direction === "up" ? { up: run, down: false as const } : { up: false as const, down: run };
    super(database, step.script.path, actions, engineOptions(step), undefined, silent);
    this.#markSql = markSql;
  }

  override _getMarkAsRun(): string {
    return this.#markSql;
  }
}

function engineOptions({ direction, script }: MigrationStep): EngineOptions {
  return {
    direction,
    dir: script.path,
    // Never used: the connection and the record are ours.
    databaseUrl: "",
    migrationsTable: "",
    singleTransaction: false,
  };
}
