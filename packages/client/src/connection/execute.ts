import { setTimeout as pause } from "node:timers/promises";
import {
  asDatabaseError,
  classifyDatabaseError,
  type DatabaseErrorClass,
  isRetryableDatabaseError,
  isTransactionTimeout,
  mayBeOutdatedPlan,
} from "@mister-smith/errors";
import { ClientError } from "../errors/client-error.ts";
import { connectionLost, outcomeUnknown, transactionTimedOut } from "../errors/connection-lost.ts";
import { partlyDone } from "../errors/partly-done.ts";
import type { WireValue } from "../statement/encode-values.ts";
import type { PreparedText } from "../statement/prepared-text.ts";
import type { Call } from "./call.ts";
import { requestCancel } from "./cancel-request.ts";
import type { Exchange } from "./exchange.ts";
import type { Session } from "./session.ts";
import { withStatementHint } from "./statement-hint.ts";
import { StatementRun } from "./statement-run.ts";

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
/** After how long a statement that goes on is cancelled once more, at first and at most, in milliseconds. */
const firstPauseMs = 50;
const longestPauseMs = 500;

/**
 * Runs one statement on a session that nobody else uses meanwhile.
 *
 * When it returns or throws, the statement is over on the server too, or the connection is broken.
 */
export async function execute(session: Session, execution: Execution, call: Call): Promise<Exchange> {
  const { prepared, values, named } = execution;
  const inTransaction = session.inTransaction;
  const { atomic, commits } = prepared.effect;
  markEffect(session, prepared);
  let run: StatementRun | undefined;
  const send = (name: string) =>
    exchangeCancellably(session, call, (settled) => {
      run = new StatementRun(session, { text: prepared.text, name, values }, settled);
      return run;
    });
  // What is not kept on the server is not sent once more when that seems to be outdated.
  let done = await send(named && prepared.repeated && atomic ? prepared.name : "");
  if (done.failure === undefined) return done;
  if (run?.reusedName === true && done.answered) {
    const outdated = "severity" in done.failure && mayBeOutdatedPlan(done.failure);
    if (outdated) {
      session.doubtNames();
      session.outdated = true;
    }
    if (!inTransaction && mayBeOutdated(done.failure)) done = await send("");
    // It has undone the transaction, which finds everything prepared anew when it is run again.
    else if (outdated) throw asDatabaseError(done.failure, "run the statement", "conflict");
  }
  if (done.failure === undefined) return done;
  const harmless = execution.reads || (inTransaction && !commits);
  const partly = !inTransaction && !atomic;
  throw failureOf(session, done, call, { harmless, idempotent: execution.idempotent, partly });
}

/** Notes what a statement may leave behind in its session. */
export function markEffect(session: Session, { effect }: PreparedText): void {
  if (effect.session !== "none") session.dirty = true;
  if (effect.session === "lasting") session.spoilt = true;
}

/**
 * Carries an exchange to its end, or cancels it on the server when the call is over before.
 *
 * @throws ClientError or DatabaseError when it was not sent
 */
export async function exchangeCancellably(
  session: Session,
  call: Call,
  make: (settled: (exchange: Exchange) => void) => Exchange,
): Promise<Exchange> {
  if (call.ended !== undefined) throw call.ended;
  if (session.lost !== undefined) throw connectionLost(session.lost, "run a statement");
  let taken: Promise<boolean> | undefined;
  let grace: NodeJS.Timeout | undefined;
  const running = session.exchange(make);
  call.onEnd = (why) => {
    grace = setTimeout(() => session.break(why), cancelGraceMs);
    taken = cancelUntilOver(session, running);
  };
  const done = await running;
  call.onEnd = undefined;
  if (taken === undefined) return done;
  clearTimeout(grace);
  // A cancel that is still on its way must not meet the next statement.
  if (!(await taken)) session.break(call.ended ?? new Error("the request to cancel got lost"));
  return done;
}

/**
 * Asks the server to cancel until what runs is over: a request that comes before the server has begun with the statement
 * meets nothing, and would leave it running. False: nobody knows whether the last one was taken.
 */
async function cancelUntilOver(session: Session, running: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  const over = running.then(noteOver, noteOver);
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if (!(await requestCancel(session, cancelGraceMs))) return false;
    const pausing = new AbortController();
    const paused = pause(pauseMs, undefined, { signal: pausing.signal }).catch(() => undefined);
    await Promise.race([over, paused]);
    pausing.abort();
    if (isOver) return true;
  }

  function noteOver(): void {
    isOver = true;
  }
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

/** What a failed exchange is for its caller. */
export function failureOf(
  session: Session,
  { failure = new Error("the statement has no result"), answered, sent }: Exchange,
  call: Call,
  /**
   * `harmless`: nothing was changed for good when it got no answer. `partly`: when it is refused, a part of it may
   * have been committed.
   */
  {
    harmless,
    idempotent,
    partly = false,
  }: { readonly harmless: boolean; readonly idempotent: boolean; readonly partly?: boolean },
): Error {
  const errorClass = classifyDatabaseError(failure);
  if (answered && call.ended !== undefined && errorClass === "cancelled") return call.ended;
  const lives = session.lost === undefined;
  if (answered && (lives || errorClass !== "connection")) {
    if (partly && !idempotent && isRetryableDatabaseError(errorClass)) return partlyDone(failure);
    return refused(failure, errorClass, lives);
  }
  const reason = session.lost instanceof ClientError ? session.lost : failure;
  if (harmless || !sent) return connectionLost(reason, "run a statement");
  return outcomeUnknown("a write ran", reason, idempotent);
}

function refused(failure: Error, errorClass: DatabaseErrorClass, lives: boolean): Error {
  if (!lives && isTransactionTimeout(failure)) return transactionTimedOut(failure, "run the statement");
  // A code of connections on a session that goes on is about another one, or an application's own.
  const isElsewhere = lives && (errorClass === "connection" || errorClass === "unavailable");
  if ("severity" in failure)
    return withStatementHint(
      asDatabaseError(failure, "run the statement", isElsewhere ? "other" : errorClass),
    );
  return new ClientError("UNEXPECTED_ROW", `cannot read a value that the server sent: ${failure.message}`, {
    cause: failure,
  });
}
