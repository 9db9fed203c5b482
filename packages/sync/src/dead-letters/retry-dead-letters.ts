import { type Database, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import { tell } from "../lifecycle/tell.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { retryParkedEvent } from "../relay/outbox-changes.ts";
import type { WholeDeadLetter } from "./dead-letter.ts";
import { getDeadLetter } from "./get-dead-letter.ts";
import { publishAgain } from "./publish-again.ts";
import { retryFlush } from "./retry-flush.ts";

/** What became of a dead letter that was to be retried. */
export interface RetriedDeadLetter {
  readonly deadLetterId: number;
  readonly outcome: RetryOutcome;
  /** For people: why not; null when it was retried, or is missing. */
  readonly why: string | null;
}

/**
 * - `retried`: it is under way again; when it fails again it is another dead letter
 * - `newer`: the key has a newer value, which a retry would cover
 * - `retried before`: once is enough
 * - `refused`: JetStream does not take it, or there is nothing that could be tried
 * - `missing`: there is none of this number
 */
export type RetryOutcome = "retried" | "newer" | "retried before" | "refused" | "missing";

/** How dead letters are retried. */
export interface RetryOptions {
  /** Told after each one. What it throws becomes a warning of the process. */
  readonly onOutcome?: ((outcome: RetriedDeadLetter) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tries dead letters again, one after the other.
 *
 * - `flush`: its bytes and headers are published under the same subject, as long as the key has no newer value in the bucket
 *   or in PostgreSQL; another write in that very moment wins. What cannot be seen is a delete that has left both stores.
 * - `relay`: the relay publishes the event again, and then those that wait behind it.
 * - `consume`: the message is published under its subject again, with a new message id: all consumers of that get it.
 *
 * Each is marked after it was published, under a message id of its own. After a crash in between, a second call finds the
 * first one's message, or JetStream does within its duplicate window.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `TOPOLOGY` when there is no bucket, `ABORTED`; what the database throws. Those
 *   before it are done.
 */
export async function retryDeadLetters(
  stores: { readonly database: Database; readonly link: NatsLink },
  deadLetterIds: readonly number[],
  options: RetryOptions = {},
): Promise<readonly RetriedDeadLetter[]> {
  const { signal, onOutcome } = options;
  const call: QueryOptions = signal === undefined ? {} : { signal };
  const outcomes: RetriedDeadLetter[] = [];
  for (const deadLetterId of deadLetterIds) {
    if (signal?.aborted === true)
      throw new SyncError("ABORTED", "the retry of dead letters was ended by its signal", {
        cause: signal.reason,
      });
    const letter = await getDeadLetter(stores.database, deadLetterId, call);
    const outcome = { deadLetterId, ...(await retryOne(stores, letter, call)) };
    outcomes.push(outcome);
    tell(onOutcome, outcome);
  }
  return outcomes;
}

type Retried = Pick<RetriedDeadLetter, "outcome" | "why">;

async function retryOne(
  stores: { readonly database: Database; readonly link: NatsLink },
  letter: WholeDeadLetter | null,
  call: QueryOptions,
): Promise<Retried> {
  if (letter === null) return { outcome: "missing", why: null };
  const { deadLetterId, pipe, retriedAt } = letter;
  if (retriedAt !== null)
    return { outcome: "retried before", why: `it was retried at ${retriedAt.toISOString()}` };
  if (pipe === "relay") {
    const isPending = await retryParkedEvent(stores.database.background, { deadLetterId, ...call });
    return isPending
      ? { outcome: "retried", why: null }
      : { outcome: "refused", why: "its event is not pending any more" };
  }
  const retried = await publishedAgain(stores, letter, call);
  if (retried.outcome === "retried") await markRetried(stores.database, deadLetterId, call);
  return retried;
}

async function publishedAgain(
  stores: { readonly database: Database; readonly link: NatsLink },
  letter: WholeDeadLetter,
  call: QueryOptions,
): Promise<Retried> {
  try {
    if (letter.pipe === "flush") return await retryFlush(stores, letter, call);
    if (!letter.pipe.startsWith("consume:"))
      return { outcome: "refused", why: `nothing is known of the pipe ${letter.pipe}` };
    await publishAgain(stores.link, letter);
    return { outcome: "retried", why: null };
  } catch (error) {
    // What is wrong with this one keeps no other from being retried.
    if (error instanceof SyncError && (error.code === "JETSTREAM" || error.code === "INVALID_INPUT"))
      return { outcome: "refused", why: error.message };
    throw error;
  }
}

async function markRetried(database: Database, deadLetterId: number, call: QueryOptions): Promise<void> {
  await database.background.query(
    sql.type(z.object({}))`
      UPDATE sync.dead_letters AS d SET retried_at = clock_timestamp()
      WHERE d.dead_letter_id = ${deadLetterId} AND d.retried_at IS NULL
    `,
    { ...call, idempotent: true },
  );
}
