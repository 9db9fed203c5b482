import type { MigrationStep } from "../plan/migration-step.ts";
import { noteStart } from "../sql/mark.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import { engineDatabase } from "./engine-database.ts";
import type { RunContext } from "./run-context.ts";
import { runOutside } from "./run-outside.ts";
import { guardStatement } from "./statement-failure.ts";
import { readProgress, recordProgress, statementKey } from "./statement-progress.ts";
import { TrackedMigration } from "./tracked-migration.ts";

/**
 * Runs a file whose statements cannot run in a transaction, one after the other.
 *
 * The history is told before and after each statement, each time in a transaction of its own. A run that
 * follows an interrupted one passes by what is done, and looks into the database to see how far the statement
 * came that was running.
 *
 * @throws {StatementFailure}
 */
export async function runStatements(context: RunContext, step: MigrationStep, mark: string): Promise<void> {
  const { session, options } = context;
  const progress = await readProgress(context, step);
  const waiting = [...step.statements];
  await session.any(noteStart);

  const runStep = async (text: string): Promise<void> => {
    options.signal?.throwIfAborted();
    const statement = waiting.shift();
    if (statement === undefined) return record(context, mark);
    await runOnce(context, step, statement, text, progress);
  };
  await new TrackedMigration(engineDatabase(runStep), step, mark).apply(step.direction);
}

async function record({ session }: RunContext, mark: string): Promise<void> {
  await guardStatement(undefined, 0, async () => {
    // In one message and therefore one transaction: the row and its history entry.
    await session.client.query(`RESET SESSION AUTHORIZATION; RESET ROLE; ${mark};`);
    await session.client.query(session.restoreSettings);
  });
}

async function runOnce(
  context: RunContext,
  step: MigrationStep,
  statement: SqlStatement,
  text: string,
  progress: ReadonlyMap<string, "statement-started" | "statement-done">,
): Promise<void> {
  const { file } = step.script;
  // A setting must be made again, whatever an earlier run has done.
  if (statement.transactional) {
    await guardStatement(statement, 0, () => context.session.client.query(text));
    return;
  }
  const before = progress.get(statementKey(statement));
  if (before === "statement-done") {
    context.options.emit({ type: "resumed", file, line: statement.line, found: "done" });
    return;
  }
  const started = performance.now();
  await recordProgress(context, step, statement, "statement-started", null);
  await runOutside(context, file, { statement, text, resumed: before === "statement-started" });
  const durationMs = performance.now() - started;
  await recordProgress(context, step, statement, "statement-done", durationMs);
  context.options.emit({
    type: "statement-finished",
    file,
    line: statement.line,
    tag: statement.tag,
    durationMs,
  });
}
