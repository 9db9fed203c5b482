import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "@mister-smith/errors";
import type { DataLoss } from "../data-loss/data-loss.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import { markSql } from "../sql/mark.ts";
import { describeFailure } from "./describe-failure.ts";
import { HookRefusal } from "./hook-refusal.ts";
import { recordFailure } from "./record-failure.ts";
import { releasedLock } from "./released-lock.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { RunContext } from "./run-context.ts";
import { StatementFailure } from "./statement-failure.ts";
import { runStatements } from "./statements-run.ts";
import { type TransactionHooks, TransactionRun } from "./transaction-run.ts";

/** How a file is applied. */
export interface ApplyOptions {
  readonly hooks?: TransactionHooks;
  /** Whether its commit waits for the disk: see {@link TransactionRun}. */
  readonly waitForDisk: boolean;
  /** The rows that go with it, as accepted; the history keeps them. */
  readonly lost?: readonly DataLoss[];
}

/** A migration that a command took up or down. */
export interface MigrationRun {
  readonly version: number;
  readonly name: string;
  readonly file: string;
  readonly statements: number;
  /** False when the file ran statement by statement. */
  readonly transactional: boolean;
  readonly durationMs: number;
  /** The rows that it dropped, where that was accepted. */
  readonly lost: readonly DataLoss[];
}

/**
 * Runs one file and records it. When it could not get its locks, or lost a deadlock, it is rolled back, and
 * begun again after a pause in which nothing is locked.
 *
 * @throws {MigrationError} that says where it stopped and in what state it left the database
 * @throws {HookRefusal} as a hook threw it, with everything rolled back
 */
export async function applyStep(
  context: RunContext,
  step: MigrationStep,
  options: ApplyOptions,
): Promise<MigrationRun> {
  const started = performance.now();
  const mark = markOf(step, options);
  try {
    if (step.mode === "statements") await runStatements(context, step, mark);
    else await runWithRetries(context, step, mark, options);
  } catch (error) {
    await rollbackQuietly(context);
    const cause = error instanceof StatementFailure ? error.cause : error;
    if (cause instanceof HookRefusal) throw cause;
    const failure = (await releasedLock(context, step, error)) ?? describeFailure(context, step, error);
    await recordFailure(context, step, failure, performance.now() - started);
    throw failure;
  }
  return {
    version: step.migration.version,
    name: step.migration.name,
    file: step.script.file,
    statements: step.statements.length,
    transactional: step.mode === "transaction",
    durationMs: performance.now() - started,
    lost: options.lost ?? [],
  };
}

function markOf(step: MigrationStep, { lost = [] }: ApplyOptions): string {
  return markSql({
    direction: step.direction,
    mode: step.mode,
    migration: step.migration,
    checksum: step.script.checksum,
    details: {
      file: step.script.file,
      downChecksum: step.migration.down?.checksum ?? null,
      ...(lost.length === 0 ? {} : { lost }),
    },
  });
}

async function runWithRetries(
  context: RunContext,
  step: MigrationStep,
  mark: string,
  { hooks, waitForDisk }: ApplyOptions,
): Promise<void> {
  const { options, observer, session } = context;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await new TransactionRun(context, step, { mark, waitForDisk, ...hooks }).run();
      return;
    } catch (error) {
      if (!mayTryAgain(error) || attempt >= options.lockRetries) throw error;
      await session.client.query("ROLLBACK");
      const delayMs = retryDelayMs(options.lockRetryDelayMs, attempt);
      const line = error.statement?.line ?? 1;
      const { file } = step.script;
      const blockers = observer.lastSeen();
      options.emit({
        type: "lock-retry",
        file,
        line,
        scope: "file",
        attempt: attempt + 1,
        delayMs,
        blockers,
      });
      await delay(delayMs, undefined, { signal: options.signal });
    }
  }
}

function mayTryAgain(error: unknown): error is StatementFailure {
  if (!(error instanceof StatementFailure)) return false;
  const errorClass = classifyDatabaseError(error.cause);
  return errorClass === "lock-timeout" || errorClass === "conflict";
}

// A connection that is gone has rolled back by itself.
async function rollbackQuietly({ session }: RunContext): Promise<void> {
  await session.client.query(`ROLLBACK; ${session.restoreSettings}`).catch(() => undefined);
}
