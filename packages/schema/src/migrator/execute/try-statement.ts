import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "@mister-smith/errors";
import type { SqlStatement } from "../statements/sql-statement.ts";
import type { RunContext } from "./run-context.ts";
import { guardStatement, StatementFailure } from "./statement-failure.ts";

/** A statement with what goes in front of it. */
export interface StatementToTry {
  readonly statement: SqlStatement;
  /** The statement as the engine sends it. */
  readonly text: string;
  /** BEGIN or a savepoint, in the same message. */
  readonly prefix: string;
  readonly opensTransaction: boolean;
}

// So often it is tried again at once, while the file's earlier locks are held; then everything is given back.
const quickTries = 2;
const quickPauseMs = 50;

/**
 * Runs a statement inside its transaction, and again when it did not get its lock in time.
 *
 * @throws {StatementFailure} when it failed, or was blocked every time
 */
export async function tryStatement(context: RunContext, file: string, what: StatementToTry): Promise<void> {
  const { options, observer } = context;
  const { statement } = what;
  for (let attempt = 0; ; attempt += 1) {
    const started = performance.now();
    try {
      const send = () => sendStatement(context, what, attempt);
      await (attempt === 0 ? send() : observer.watch(send));
      const durationMs = performance.now() - started;
      options.emit({
        type: "statement-finished",
        file,
        line: statement.line,
        tag: statement.tag,
        durationMs,
      });
      return;
    } catch (error) {
      if (!isBlocked(error) || attempt >= quickTries) throw error;
      await undoStatement(context, what);
      const delayMs = quickPauseMs * (0.5 + Math.random());
      const blockers = observer.lastSeen();
      const { line } = statement;
      options.emit({
        type: "lock-retry",
        file,
        line,
        scope: "statement",
        attempt: attempt + 1,
        delayMs,
        blockers,
      });
      await delay(delayMs, undefined, { signal: options.signal });
    }
  }
}

async function sendStatement(
  { session }: RunContext,
  { statement, text, prefix, opensTransaction }: StatementToTry,
  attempt: number,
): Promise<void> {
  // Rolling back to a savepoint keeps it; rolling back the transaction does not.
  const sent = attempt === 0 || opensTransaction ? prefix : "";
  await guardStatement(statement, sent.length, () => session.client.query(sent + text));
}

async function undoStatement({ session }: RunContext, what: StatementToTry): Promise<void> {
  const undo = what.opensTransaction ? "ROLLBACK" : "ROLLBACK TO SAVEPOINT smith_statement";
  await guardStatement(what.statement, 0, () => session.client.query(undo));
}

/** Whether a statement failed because somebody else held its lock. */
export function isBlocked(error: unknown): boolean {
  return error instanceof StatementFailure && classifyDatabaseError(error.cause) === "lock-timeout";
}
