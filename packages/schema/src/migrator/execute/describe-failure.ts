import { asDatabaseError, classifyDatabaseError, type DatabaseErrorClass } from "@mister-smith/errors";
import { MigrationError, type MigrationErrorCode } from "../errors/migration-error.ts";
import { describeBlocker } from "../lock/describe-blocker.ts";
import type { BlockingSession } from "../options/migration-event.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import { positionAfter } from "../statements/source-text.ts";
import { recordGrants } from "../tracking/record-rights.ts";
import { failureHint } from "./failure-hint.ts";
import type { RunContext } from "./run-context.ts";
import { readServerError } from "./server-error.ts";
import { StatementFailure } from "./statement-failure.ts";

const codes: Readonly<Partial<Record<DatabaseErrorClass, MigrationErrorCode>>> = {
  "lock-timeout": "MIGRATION_BLOCKED",
  connection: "MIGRATION_CONNECTION_LOST",
  permission: "MIGRATION_PERMISSION",
};

/** What ended a file, as an error that says where, why, what is left of it, and what to do. */
export function describeFailure(context: RunContext, step: MigrationStep, error: unknown): MigrationError {
  const failure = error instanceof StatementFailure ? error : new StatementFailure(undefined, 0, error);
  const errorClass = classifyDatabaseError(failure.cause);
  const cancelled = context.options.signal?.aborted === true;
  if (failure.cause instanceof MigrationError && !cancelled) return failure.cause;
  const blockers = errorClass === "lock-timeout" ? context.observer.lastSeen() : [];
  return new MigrationError(
    cancelled ? "MIGRATION_CANCELLED" : (codes[errorClass] ?? "MIGRATION_FAILED"),
    `${placeOf(step, failure)}: ${cancelled ? "cancelled" : reasonOf(context, failure, errorClass, blockers)}`,
    {
      cause: failure.cause,
      retryable: asDatabaseError(failure.cause, "run the migration").retryable,
      hint: failureHint(
        step,
        failure,
        errorClass,
        recordGrants(context.options.table, context.session.role, "run"),
      ),
      details: detailsOf(step, failure, blockers),
    },
  );
}

function placeOf({ script }: MigrationStep, failure: StatementFailure): string {
  const line = lineOf(failure);
  return line === undefined ? `${script.file}, at its end` : `${script.file}, line ${line}`;
}

// The server counts characters from the start of the message, from 1.
function lineOf({ statement, prefixLength, cause }: StatementFailure): number | undefined {
  if (statement === undefined) return undefined;
  const { position } = readServerError(cause);
  if (position === undefined || position <= prefixLength) return statement.line;
  return statement.line + positionAfter(statement.text, position - prefixLength - 1).line - 1;
}

function reasonOf(
  { session }: RunContext,
  { cause }: StatementFailure,
  errorClass: DatabaseErrorClass,
  blockers: readonly BlockingSession[],
): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (errorClass === "connection") return `the connection to the server was lost: ${reason}`;
  if (errorClass === "permission") return `the role "${session.role}" lacks a right: ${reason}`;
  if (errorClass !== "lock-timeout") return reason;
  const who =
    blockers.length === 0 ? "somebody who has left since" : blockers.map(describeBlocker).join(", ");
  return `its lock was not granted, because of ${who}`;
}

function detailsOf(
  { script, migration, direction }: MigrationStep,
  failure: StatementFailure,
  blockers: readonly BlockingSession[],
): Readonly<Record<string, unknown>> {
  const { detail, hint, where } = readServerError(failure.cause);
  const given = {
    line: lineOf(failure),
    statement: failure.statement?.index,
    detail,
    serverHint: hint,
    where,
  };
  return {
    file: script.file,
    version: migration.version,
    direction,
    ...asDatabaseError(failure.cause, "").details,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(blockers.length === 0 ? {} : { blockers }),
  };
}
