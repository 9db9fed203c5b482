import { asDatabaseError, classifyDatabaseError } from "@mister-smith/errors";
import { ClientError } from "../errors/client-error.ts";
import { connectionLost, outcomeUnknown } from "../errors/connection-lost.ts";
import type { WireValue } from "../statement/encode-values.ts";
import type { PreparedText } from "../statement/prepared-text.ts";
import type { Call } from "./call.ts";
import { requestCancel } from "./cancel-request.ts";
import type { Session } from "./session.ts";
import type { SentStatement, StatementRun } from "./statement-run.ts";

/** A statement to be run, and what its caller says about it. */
export interface Execution {
  readonly prepared: PreparedText;
  readonly values: readonly WireValue[];
  /** It changes nothing, by the caller's word. */
  readonly reads: boolean;
  /** It may run twice, by the caller's word. */
  readonly idempotent: boolean;
  /** The server may keep it under its name. */
  readonly named: boolean;
}

/** How long the server may take to answer after it was asked to cancel, in milliseconds. */
const cancelGraceMs = 3_000;

/**
 * Runs one statement on a session that nobody else uses meanwhile.
 *
 * When it returns or throws, the statement is over on the server too, or the connection is broken.
 */
export async function execute(session: Session, execution: Execution, call: Call): Promise<StatementRun> {
  const { prepared, values, named } = execution;
  if (call.ended !== undefined) throw call.ended;
  if (session.lost !== undefined) throw connectionLost(session.lost, "run a statement");
  const inTransaction = session.inTransaction;
  if (prepared.effect.session !== "none") session.dirty = true;
  const name = named && prepared.repeated ? prepared.name : "";
  const run = await runCancellably(session, { text: prepared.text, name, values }, call);
  if (run.failure === undefined) return run;
  if (run.reusedName && !inTransaction && run.answered && mayBeOutdated(run.failure)) {
    const again = await runCancellably(session, { text: prepared.text, name: "", values }, call);
    if (again.failure === undefined) return again;
    throw failureOf(session, execution, again, call, inTransaction);
  }
  throw failureOf(session, execution, run, call, inTransaction);
}

async function runCancellably(session: Session, sent: SentStatement, call: Call): Promise<StatementRun> {
  let taken: Promise<boolean> | undefined;
  let grace: NodeJS.Timeout | undefined;
  const running = session.run(sent);
  call.onEnd = (why) => {
    grace = setTimeout(() => session.break(why), cancelGraceMs);
    taken = requestCancel(session, cancelGraceMs);
  };
  const run = await running;
  call.onEnd = undefined;
  if (taken === undefined) return run;
  clearTimeout(grace);
  // A cancel that is still on its way must not meet the next statement.
  if (!(await taken)) session.break(call.ended ?? new Error("the request to cancel got lost"));
  return run;
}

// After a migration the kept plan may not fit, or the server lost it. A single statement that was refused has
// changed nothing and may be sent once more, as it is.
function mayBeOutdated(failure: Error): boolean {
  return "severity" in failure && outdatedClasses.has(classifyDatabaseError(failure));
}

const outdatedClasses: ReadonlySet<string> = new Set([
  "data",
  "missing-object",
  "duplicate-object",
  "syntax",
  "other",
]);

function failureOf(
  session: Session,
  { prepared, reads, idempotent }: Execution,
  run: StatementRun,
  call: Call,
  inTransaction: boolean,
): Error {
  const failure = run.failure ?? new Error("the statement has no result");
  if (run.answered) {
    if (call.ended !== undefined && classifyDatabaseError(failure) === "cancelled") return call.ended;
    if (classifyDatabaseError(failure) !== "connection") return refused(failure);
  }
  const reason = session.lost ?? failure;
  const harmless = reads || prepared.effect.readOnly || (inTransaction && !prepared.effect.commits);
  if (harmless || !run.sent) return connectionLost(reason, "run a statement");
  return outcomeUnknown("a write ran", reason, idempotent);
}

function refused(failure: Error): Error {
  if ("severity" in failure) return asDatabaseError(failure, "run the statement");
  return new ClientError("UNEXPECTED_ROW", `cannot read a value that the server sent: ${failure.message}`, {
    cause: failure,
  });
}
