import { setTimeout as pause } from "node:timers/promises";
import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import { flushedSubject } from "../flush/announce-flushed.ts";
import { statePipe } from "../flush/position.ts";
import { stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { directReader } from "./direct-reader.ts";
import { freshly } from "./freshly.ts";
import { inFlight } from "./in-flight.ts";
import { type AckedWrite, lookAtWrite, type WriteWitness } from "./look-at-write.ts";
import { messageIdHeader } from "./write-headers.ts";

/** A write whose way into PostgreSQL is waited for. */
export interface DurableWait extends AckedWrite {
  /** What {@link DurableWaits.life} was before it was sent. */
  readonly life: number;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

/** What is waited on. */
export interface DurableWaitsOptions {
  readonly database: Database;
  readonly link: NatsLink;
  /** When the bucket's stream was made, in milliseconds since 1970, as it was when the first write began. */
  readonly createdMs: number;
}

/** Waits until writes are committed by PostgreSQL. */
export interface DurableWaits {
  /** Which life of the stream is known just now: when it was made, in milliseconds since 1970. */
  readonly life: number;
  /**
   * Resolves when PostgreSQL has the write, or one that superseded it.
   *
   * @throws SyncError `DEAD_LETTERED` when it was parked, with the reason; `TIMEOUT` when it may come to PostgreSQL yet, or
   *   the bucket has lost it, made anew or put back; `ABORTED`, `CLOSED`
   */
  wait(wait: DurableWait): Promise<void>;
  close(): void;
}

interface Waiting extends DurableWait {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly stopListening: (() => void) | undefined;
  /** The later write of its key that is waited for, since the bucket does not keep this one any more. */
  superseding?: WriteWitness;
}

/** Announcements are hints: one may be lost, and so the position is also looked at so often, in milliseconds. */
const pollMs = 250;

const standingShape = z.object({
  sequence: z.coerce.number(),
  created_ms: z.number().nullable(),
  anchor_ms: z.number().nullable(),
  parked: z.array(
    z.object({
      sequence: z.number(),
      message_id: z.string().nullable(),
      reason_code: z.string(),
      reason: z.string(),
    }),
  ),
});
type Standing = z.output<typeof standingShape>;

/** How many writes are looked at in the bucket at once. */
const looksAtOnce = 64;

/**
 * One look a time answers for all who wait: the position, and the dead letters among their writes, in one statement. A
 * write is only taken for flushed in the life of the stream that its writer knew, and when the bucket has it then: a
 * position is a number and a time, and a bucket that was put back from an older copy gives its numbers out again.
 */
export function durableWaits(options: DurableWaitsOptions): DurableWaits {
  const { database, link } = options;
  let knownCreatedMs = options.createdMs;
  const waiting = new Set<Waiting>();
  const reader = directReader(link, stateStream);
  let looking = false;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const announcements = link.connection.subscribe(flushedSubject, {
    callback: () => {
      if (waiting.size > 0) void look();
    },
  });

  const createdNow = freshly(async () => Date.parse((await link.manager.streams.info(stateStream)).created));

  return {
    get life() {
      return knownCreatedMs;
    },
    async wait(wait) {
      await sameLife(wait);
      if (closed) throw closedError();
      const { signal } = wait;
      if (signal?.aborted === true) throw abortedError(wait);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const abort = () => end(entry, () => reject(abortedError(wait)));
      const stopListening =
        signal === undefined ? undefined : () => signal.removeEventListener("abort", abort);
      const entry: Waiting = { ...wait, resolve, reject, stopListening };
      signal?.addEventListener("abort", abort, { once: true });
      waiting.add(entry);
      timer ??= setInterval(tick, pollMs);
      void look();
      await promise;
    },
    close() {
      closed = true;
      if (!link.connection.isClosed()) announcements.unsubscribe();
      clearInterval(timer);
      reader.close();
      for (const entry of [...waiting]) end(entry, () => entry.reject(closedError()));
    },
  };

  /** Refuses a write of which it is not known which life of the stream has it: that before and after must be one. */
  async function sameLife(wait: DurableWait): Promise<void> {
    for (;;) {
      const created = await createdNow().catch(() => undefined);
      if (created !== undefined) {
        knownCreatedMs = created;
        if (created === wait.life) return;
        throw recreatedError(wait);
      }
      if (closed) throw closedError();
      if (wait.signal?.aborted === true) throw abortedError(wait);
      if (performance.now() >= wait.deadline) throw lateError(wait);
      await pause(100);
    }
  }

  function end(entry: Waiting, settle: () => void): void {
    if (!waiting.delete(entry)) return;
    entry.stopListening?.();
    if (waiting.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    settle();
  }

  function tick(): void {
    const now = performance.now();
    for (const entry of [...waiting])
      if (now >= entry.deadline) end(entry, () => entry.reject(lateError(entry)));
    if (waiting.size > 0) void look();
  }

  async function look(): Promise<void> {
    again = true;
    if (looking) return;
    looking = true;
    try {
      while (again && waiting.size > 0) {
        again = false;
        await lookOnce([...waiting]);
      }
    } catch {
      // The database is away: whoever waits goes on waiting until its time is over.
    } finally {
      looking = false;
    }
  }

  async function lookOnce(entries: readonly Waiting[]): Promise<void> {
    const sequences = entries.flatMap(({ sequence, superseding }) =>
      superseding === undefined ? [sequence] : [sequence, superseding.sequence],
    );
    const standing = await database.write.maybeOne(standingOf(sequences), { timeoutMs: 5_000 });
    if (standing === null) return;
    const passed = entries.filter(
      ({ life, sequence }) => standing.created_ms === life && standing.sequence >= sequence,
    );
    await inFlight(passed, looksAtOnce, (entry) => settle(entry, standing));
  }

  async function settle(entry: Waiting, standing: Standing): Promise<void> {
    const letterOf = (sequence: number) => standing.parked.find((letter) => letter.sequence === sequence);
    const own = letterOf(entry.sequence);
    if (own !== undefined && own.message_id === entry.messageId)
      return end(entry, () => entry.reject(parkedError(entry, own)));
    const { superseding } = entry;
    const witness = superseding ?? (await lookAtWrite(link, reader, entry));
    if (witness === undefined) return end(entry, () => entry.reject(lostError(entry)));
    if (superseding === undefined && !witness.isItself) {
      entry.superseding = witness;
      again = true;
      return;
    }
    // A position of before the bucket lost its end has the number, but not the time.
    if (standing.sequence < witness.sequence || (standing.anchor_ms ?? 0) < witness.storedAtMs) return;
    const isParked = !witness.isItself && letterOf(witness.sequence) !== undefined;
    end(entry, () => (isParked ? entry.reject(lostError(entry)) : entry.resolve()));
  }
}

function standingOf(sequences: readonly number[]) {
  return sql.prepared("sync_durable_standing", standingShape)`
    SELECT p.sequence::TEXT AS sequence,
      round(EXTRACT(epoch FROM p.stream_created) * 1000)::DOUBLE PRECISION AS created_ms,
      round(EXTRACT(epoch FROM p.anchor_time) * 1000)::DOUBLE PRECISION AS anchor_ms,
      COALESCE((
        SELECT jsonb_agg(jsonb_build_object(
          'sequence', d.sequence, 'message_id', d.headers ->> ${messageIdHeader}::TEXT,
          'reason_code', d.reason_code, 'reason', d.reason
        ))
        FROM sync.dead_letters AS d
        WHERE d.pipe = 'flush' AND d.stream = ${stateStream} AND d.incarnation = p.incarnation
          AND d.sequence = ANY(${sql.array([...sequences], "int8")})
      ), '[]') AS parked
    FROM sync.positions AS p
    WHERE p.pipe = ${statePipe}
  `;
}

function parkedError(
  { sequence }: Waiting,
  letter: { readonly reason_code: string; readonly reason: string },
): SyncError {
  return new SyncError(
    "DEAD_LETTERED",
    `PostgreSQL cannot hold the write of revision ${sequence}: ${letter.reason}`,
    {
      hint: "`smith sync dead-letters list` shows it; the bucket has it until the key is written anew.",
      details: { revision: sequence, reasonCode: letter.reason_code, reason: letter.reason },
    },
  );
}

function recreatedError({ sequence }: DurableWait): SyncError {
  return new SyncError("TIMEOUT", `the bucket was made anew while revision ${sequence} was written`, {
    hint: "Nothing can be said of the write: read the key, and write it again where need be.",
    details: { outcome: "unknown", revision: sequence },
  });
}

function lostError({ sequence }: DurableWait): SyncError {
  return new SyncError(
    "TIMEOUT",
    `the bucket does not have what was written as revision ${sequence}: it was lost, or the key purged`,
    {
      hint: "Nothing can be said of the write: read the key, and write it again where need be.",
      details: { outcome: "unknown", revision: sequence },
    },
  );
}

function lateError({ sequence }: DurableWait): SyncError {
  return new SyncError("TIMEOUT", `PostgreSQL has not had revision ${sequence} in time`, {
    retryable: true,
    hint: "JetStream has it, and it will be flushed when smithd and PostgreSQL run; `smith sync status` looks at them.",
    details: { outcome: "stored", durable: "unknown", revision: sequence },
  });
}

function abortedError({ sequence, signal }: DurableWait): SyncError {
  return new SyncError("ABORTED", `the wait for revision ${sequence} was ended by its signal`, {
    cause: signal?.reason,
    details: { outcome: "stored", durable: "unknown", revision: sequence },
  });
}

function closedError(): SyncError {
  return new SyncError("CLOSED", "the store was closed", { details: { outcome: "stored" } });
}
