import type { MigrationStep } from "../plan/migration-step.ts";
import { engineDatabase } from "./engine-database.ts";
import type { RunContext } from "./run-context.ts";
import { guardStatement } from "./statement-failure.ts";
import { TrackedMigration } from "./tracked-migration.ts";
import { tryStatement } from "./try-statement.ts";

/** What a caller does inside the transaction of a file, around its statements. */
export interface TransactionHooks {
  /** Runs once the transaction is open. */
  readonly afterBegin?: () => Promise<void>;
  /** Runs when all statements are done and nothing is committed. */
  readonly beforeCommit?: () => Promise<void>;
}

/** How one attempt at a file is run. */
export interface TransactionOptions extends TransactionHooks {
  /** The statement that records the file. */
  readonly mark: string;
  /** Whether COMMIT waits for the disk. The last commit of a run does, and that covers all before it. */
  readonly waitForDisk: boolean;
}

/**
 * One attempt to run a file in one transaction with its record.
 *
 * Steps travel together where that saves a round trip: BEGIN with the first statement, each later statement
 * with its savepoint, the record with COMMIT and with the settings that are put back for the next file.
 */
export class TransactionRun {
  readonly #context: RunContext;
  readonly #step: MigrationStep;
  readonly #options: TransactionOptions;
  #done = 0;
  /** What opens the transaction; empty once it is open. */
  #begin: string;
  #hasSavepoint = false;

  constructor(context: RunContext, step: MigrationStep, options: TransactionOptions) {
    this.#context = context;
    this.#step = step;
    this.#options = options;
    this.#begin = options.waitForDisk ? "BEGIN;\n" : "BEGIN; SET LOCAL synchronous_commit = off;\n";
  }

  /** @throws {StatementFailure} with the transaction still open */
  async run(): Promise<void> {
    const database = engineDatabase((text) => this.#runStep(text));
    await new TrackedMigration(database, this.#step, this.#options.mark).apply(this.#step.direction);
  }

  // The engine's list is BEGIN, the statements, the record, COMMIT. BEGIN and the record go with their neighbours.
  async #runStep(text: string): Promise<void> {
    this.#context.options.signal?.throwIfAborted();
    if (text === "BEGIN;" || text === this.#options.mark) return;
    if (this.#options.afterBegin !== undefined) await this.#open(this.#options.afterBegin);
    await (text === "COMMIT;" ? this.#commit() : this.#runStatement(text));
  }

  async #open(afterBegin: () => Promise<void>): Promise<void> {
    if (this.#begin === "") return;
    const [first] = this.#step.statements;
    await guardStatement(first, 0, () => this.#context.session.client.query(this.#begin));
    this.#begin = "";
    await guardStatement(first, 0, afterBegin);
  }

  async #runStatement(text: string): Promise<void> {
    const statement = this.#step.statements[this.#done];
    if (statement === undefined) return;
    const opensTransaction = this.#begin !== "";
    const prefix = opensTransaction ? this.#begin : this.#savepoint();
    await tryStatement(this.#context, this.#step.script.file, { statement, text, prefix, opensTransaction });
    this.#begin = "";
    this.#done += 1;
  }

  // The statement that opens the transaction needs none: it is undone by undoing the transaction.
  #savepoint(): string {
    const release = this.#hasSavepoint ? "RELEASE SAVEPOINT smith_statement; " : "";
    this.#hasSavepoint = true;
    return `${release}SAVEPOINT smith_statement;\n`;
  }

  async #commit(): Promise<void> {
    const { client, restoreSettings } = this.#context.session;
    await guardStatement(undefined, 0, async () => {
      await this.#options.beforeCommit?.();
      const asOurselves = "RESET SESSION AUTHORIZATION; RESET ROLE;";
      await client.query(`${this.#begin}${asOurselves} ${this.#options.mark}; COMMIT; ${restoreSettings}`);
    });
  }
}
