import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "@mister-smith/errors";
import { setLockTimeout } from "../sql/index-state.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import { assertIndexValid, prepareIndex } from "./concurrent-index.ts";
import { removeRemains } from "./interrupted-statement.ts";
import type { OutsideStatement } from "./outside-statement.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { RunContext } from "./run-context.ts";
import { guardStatement } from "./statement-failure.ts";
import { isBlocked } from "./try-statement.ts";

/**
 * Runs a statement without a transaction, once and for all: what an interrupted run has left of it is found
 * first, and an index that is built concurrently counts as done only when it is valid.
 *
 * @throws {StatementFailure}
 */
export async function runOutside(context: RunContext, file: string, what: OutsideStatement): Promise<void> {
  const { statement } = what;
  await guardStatement(statement, 0, async () => {
    const ready = await isReady(context, file, what);
    if (ready === "done") {
      context.options.emit({ type: "resumed", file, line: statement.line, found: "done" });
      return;
    }
    await runUnblocked(context, file, what);
    if (statement.concurrentIndex) await assertIndexValid(context.session, statement.concurrentIndex);
  });
}

async function isReady(context: RunContext, file: string, what: OutsideStatement): Promise<"done" | "run"> {
  if (what.statement.concurrentIndex !== undefined) return prepareIndex(context, file, what);
  return what.resumed ? removeRemains(context, file, what.statement) : "run";
}

async function runUnblocked(context: RunContext, file: string, what: OutsideStatement): Promise<void> {
  const { session, options, observer } = context;
  const { statement, text } = what;
  // A concurrent build or removal waits for old transactions, and nobody who reads or writes waits for it.
  const patient =
    statement.concurrentIndex !== undefined ||
    statement.tag === "DropStmt" ||
    statement.tag === "ReindexStmt";
  const send = async () => {
    await session.any(setLockTimeout(patient ? 0 : options.statementLockTimeoutMs));
    await guardStatement(statement, 0, () => session.client.query(text));
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (attempt === 0 ? send() : observer.watch(send));
      return;
    } catch (error) {
      if (what.resumed && wasDoneBefore(statement, error)) return;
      if (!isBlocked(error) || attempt >= options.lockRetries) throw error;
      const delayMs = retryDelayMs(options.lockRetryDelayMs, attempt);
      const { line } = statement;
      const blockers = observer.lastSeen();
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

// The interrupted run may have come to its end without telling: then what it made is there, or what it dropped is gone.
function wasDoneBefore({ tag }: SqlStatement, error: unknown): boolean {
  const errorClass = classifyDatabaseError(error instanceof Error ? (error.cause ?? error) : error);
  if (tag.startsWith("Create")) return errorClass === "duplicate-object";
  return tag.startsWith("Drop") && errorClass === "missing-object";
}
