import { z } from "zod";
import { fromNow } from "../connection/call.ts";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { sql } from "../statement/sql.ts";
import { type Message, message } from "./message.ts";
import { pause } from "./pause.ts";
import { isReply, type RequestReference, requestReference } from "./replies.ts";

/** How long to wait for an answer. */
export interface AwaitReplyOptions {
  /** In milliseconds, whatever keeps the database from answering. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

const awaitReplyOptions = z.strictObject({
  timeoutMs: z.number().positive().default(30_000),
  signal: z.instanceof(AbortSignal).optional(),
});

const firstPauseMs = 10;
const longestPauseMs = 1_000;

/** Waits for the first answer to a request. See `Messages.awaitReply`. */
export async function awaitReply(
  on: Executor,
  to: RequestReference,
  how: AwaitReplyOptions = {},
): Promise<Message> {
  const given = parseInput(requestReference, to, "the request");
  const { timeoutMs, signal } = parseInput(awaitReplyOptions, how, "the options of awaitReply");
  const startedAt = performance.now();
  const end = startedAt + timeoutMs;
  const bounds = fromNow({ timeoutMs, ...(signal === undefined ? {} : { signal }) }, startedAt);
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    if (signal?.aborted === true) throw aborted(given, signal);
    const found = await on.write
      .maybeOne(takeReply(given), { ...bounds, idempotent: true })
      .catch((error: unknown) => {
        throw isOfTime(error, end) ? timedOut(given, timeoutMs, error) : error;
      });
    if (found !== null) return found;
    const leftMs = end - performance.now();
    if (leftMs <= 0) throw timedOut(given, timeoutMs);
    // Between half and all of it, so that many who wait do not ask at once.
    await pause(Math.min(leftMs, pauseMs * (0.5 + Math.random() / 2)), signal);
  }
}

// Whoever waits for the answer has it: it does not come again by the inbox.
function takeReply(to: RequestReference) {
  return sql.type(message.row)`
    WITH answer AS MATERIALIZED (
      SELECT l.* FROM messages.log AS l
      WHERE ${isReply(to)} AND (l.expires_at IS NULL OR l.expires_at > pg_catalog.statement_timestamp())
      ORDER BY l.sent_at, l.message_id LIMIT 1
    ), taken AS (
      UPDATE messages.deliveries AS d
      SET settled_at = pg_catalog.statement_timestamp(), outcome = 'processed',
        delivered_at = COALESCE(d.delivered_at, pg_catalog.statement_timestamp())
      FROM answer
      WHERE d.message_id = answer.message_id AND d.agent_id = answer.to_agent_id AND d.settled_at IS NULL
      RETURNING d.message_id, d.sent_at
    ), logged AS (
      UPDATE messages.log AS l
      SET delivered_at = COALESCE(l.delivered_at, pg_catalog.statement_timestamp()),
        processed_at = pg_catalog.statement_timestamp()
      FROM taken
      WHERE l.message_id = taken.message_id AND l.sent_at = taken.sent_at
    )
    SELECT ${message.columns("l")} FROM answer AS l
  `;
}

// A server that does not even answer to the cancel leaves open whether the answer was taken: it can be asked for again.
function isOfTime(error: unknown, end: number): boolean {
  if (!(error instanceof ClientError)) return false;
  return error.code === "TIMEOUT" || (error.code === "OUTCOME_UNKNOWN" && performance.now() >= end);
}

function timedOut({ correlationId }: RequestReference, timeoutMs: number, cause?: unknown): ClientError {
  return new ClientError("TIMEOUT", `no reply to request ${correlationId} within ${timeoutMs} ms`, {
    hint: "It may still come: look with `messages.replies`, or wait again.",
    retryable: true,
    cause,
    details: { correlationId, timeoutMs },
  });
}

function aborted({ correlationId }: RequestReference, { reason }: AbortSignal): ClientError {
  return new ClientError("ABORTED", `the wait for a reply to request ${correlationId} was ended`, {
    cause: reason,
    details: { correlationId },
  });
}
