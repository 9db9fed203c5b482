import { classifyDatabaseError } from "@mister-smith/errors";
import { describeFailure } from "../execute/describe-failure.ts";
import type { RunContext } from "../execute/run-context.ts";
import { StatementFailure } from "../execute/statement-failure.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import type { RehearsalOutcome, RehearsedFile, RehearsedStatement } from "./rehearse-result.ts";
import { deferAgain, limitStatement, selectDeferred } from "./sql/relations.ts";
import { type StatementMeter, strongestLocks } from "./statement-meter.ts";

/** What was seen of a file until it ended. */
type Seen = Partial<Pick<RehearsedFile, "statements" | "durationMs" | "reason" | "error">>;

/** Runs files one after the other in the open transaction, each behind a savepoint of its own. */
export class Rehearsal {
  readonly #context: RunContext;
  readonly #meter: StatementMeter;
  readonly #deadline: number;
  /** The first file that could not be rehearsed: what fails behind it may only lack what it makes. */
  #notRehearsed: string | undefined;
  /** The first file that added a label to an enum, which cannot be used before a commit. */
  #addedLabel: string | undefined;
  #ended = false;

  /** @param deadline when the rehearsal must end, by `performance.now()`; infinity for never */
  constructor(context: RunContext, meter: StatementMeter, deadline: number) {
    this.#context = context;
    this.#meter = meter;
    this.#deadline = deadline;
  }

  /** @throws {MigrationError} MIGRATION_CANCELLED and MIGRATION_CONNECTION_LOST; any other failure is reported */
  async file(step: MigrationStep): Promise<RehearsedFile> {
    if (this.#ended) return report(step, "not-reached", { reason: "a file before it ended the rehearsal" });
    if (step.mode === "statements") return this.#skip(step);
    const started = performance.now();
    const statements: RehearsedStatement[] = [];
    const { session } = this.#context;
    await session.client.query("SAVEPOINT smith_file");
    try {
      for (const statement of step.statements) statements.push(await this.#statement(step, statement));
      await this.#atItsEnd();
    } catch (error) {
      return await this.#failed(step, error, { statements, durationMs: performance.now() - started });
    }
    await session.client.query(`RELEASE SAVEPOINT smith_file; ${session.restoreSettings}`);
    if (step.statements.some(({ tag }) => tag === "AlterEnumStmt")) this.#addedLabel ??= step.script.file;
    return report(step, "ok", { statements, durationMs: performance.now() - started });
  }

  #skip(step: MigrationStep): RehearsedFile {
    this.#notRehearsed ??= step.script.file;
    const lines = step.statements.filter(({ transactional }) => !transactional).map(({ line }) => line);
    const reason = `line ${lines.join(", ")} cannot run in a transaction, and so could not be rolled back`;
    return report(step, "not-rehearsable", { reason });
  }

  async #statement({ script }: MigrationStep, statement: SqlStatement): Promise<RehearsedStatement> {
    const { observer, options, session } = this.#context;
    try {
      options.signal?.throwIfAborted();
      if (this.#deadline !== Number.POSITIVE_INFINITY) {
        await session.any(limitStatement(Math.max(1, Math.ceil(this.#deadline - performance.now()))));
      }
      const measured = await observer.watch(() => this.#meter.run(statement));
      const { line, tag, durationMs } = measured;
      options.emit({ type: "statement-finished", file: script.file, line, tag, durationMs });
      return measured;
    } catch (error) {
      throw new StatementFailure(statement, 0, error);
    }
  }

  /** What a commit would do: constraints and triggers that wait for it run now. */
  async #atItsEnd(): Promise<void> {
    const { session } = this.#context;
    await session.client.query("SET CONSTRAINTS ALL IMMEDIATE");
    const deferred = await session.any(selectDeferred);
    if (deferred.length > 0) await session.any(deferAgain(deferred));
  }

  async #failed(step: MigrationStep, error: unknown, seen: Seen): Promise<RehearsedFile> {
    const failure = describeFailure(this.#context, step, error);
    if (failure.code === "MIGRATION_CANCELLED" || failure.code === "MIGRATION_CONNECTION_LOST") throw failure;
    const { session } = this.#context;
    await session.client.query(
      `ROLLBACK TO SAVEPOINT smith_file; RELEASE SAVEPOINT smith_file; ${session.restoreSettings}`,
    );
    await this.#meter.look();
    const outcome = this.#outcomeOf(error);
    // Behind a file that was left out, one that fails says nothing of the ones behind it.
    this.#ended = outcome !== "unknown";
    const reason = `${failure.message}${outcome === "unknown" ? `; ${this.#doubt()}` : ""}`;
    return report(step, outcome, { ...seen, reason, error: failure.toJSON() });
  }

  #outcomeOf(error: unknown): RehearsalOutcome {
    const errorClass = classifyDatabaseError(error instanceof StatementFailure ? error.cause : error);
    if (errorClass === "lock-timeout") return "blocked";
    if (errorClass === "cancelled" && performance.now() >= this.#deadline) return "timeout";
    return this.#doubt() === undefined ? "failed" : "unknown";
  }

  #doubt(): string | undefined {
    if (this.#notRehearsed !== undefined)
      return `it may depend on ${this.#notRehearsed}, which was not rehearsed`;
    if (this.#addedLabel === undefined) return undefined;
    return `${this.#addedLabel} adds an enum label, which can be used only once it is committed`;
  }
}

function report(step: MigrationStep, outcome: RehearsalOutcome, seen: Seen): RehearsedFile {
  const { version, name } = step.migration;
  const statements = seen.statements ?? [];
  return {
    version,
    name,
    file: step.script.file,
    outcome,
    reason: seen.reason ?? null,
    error: seen.error ?? null,
    durationMs: seen.durationMs ?? 0,
    locks: strongestLocks(statements),
    statements,
  };
}
