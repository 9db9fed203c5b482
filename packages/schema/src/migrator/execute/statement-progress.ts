import { createHash } from "node:crypto";
import type { MigrationStep } from "../plan/migration-step.ts";
import { insertHistory, selectProgress } from "../sql/history.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import type { RunContext } from "./run-context.ts";
import { guardStatement } from "./statement-failure.ts";

/** How far a statement of a file without a transaction came. */
export type StatementOutcome = "statement-started" | "statement-done";

/** A statement's own checksum, by which an interrupted run finds it again. */
export function statementKey({ text }: SqlStatement): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** What an interrupted run has left: for each statement that it reached, how far it came. */
export async function readProgress(
  { session, options }: RunContext,
  { migration, direction }: MigrationStep,
): Promise<ReadonlyMap<string, StatementOutcome>> {
  const rows = await session.any(selectProgress(options.table, migration.version, direction));
  return new Map(rows.map(({ statement, outcome }) => [statement, outcome]));
}

/** Tells the history how far a statement came. */
export async function recordProgress(
  { session, options }: RunContext,
  { migration, direction, script }: MigrationStep,
  statement: SqlStatement,
  outcome: StatementOutcome,
  durationMs: number | null,
): Promise<void> {
  const entry = insertHistory(options.table, {
    version: migration.version,
    name: migration.name,
    action: direction,
    outcome,
    toolVersion: options.toolVersion,
    durationMs,
    checksum: script.checksum,
    reason: null,
    details: { file: script.file, line: statement.line, statement: statementKey(statement) },
  });
  await guardStatement(statement, 0, () => session.any(entry));
}
