import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "@mister-smith/client";
import { SyncError } from "../errors/sync-error.ts";
import type { FeedMessage } from "../feed/feed-message.ts";
import { type Feed, openFeed } from "../feed/open-feed.ts";
import { originHeader, originPostgres } from "../keys/state-headers.ts";
import { readStateSubject, stateStream } from "../keys/state-subject.ts";
import type { Lease } from "../lease/lease.ts";
import { backgroundRun } from "../lifecycle/background-run.ts";
import type { Service, ServiceStatus } from "../lifecycle/service.ts";
import { tell } from "../lifecycle/tell.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { AgentLives } from "./agent-lives.ts";
import { announceFlushed } from "./announce-flushed.ts";
import { applyBatch } from "./apply-batch.ts";
import { findPosition } from "./find-position.ts";
import type { StreamIdentity } from "./identify-stream.ts";
import { findOwnAhead, type OwnAhead } from "./own-ahead.ts";
import { withOwnThatFollow } from "./own-that-follow.ts";
import type { ParkedWrite } from "./parked-write.ts";
import { isSamePosition, type Position } from "./position.ts";
import { PositionWaits } from "./position-waits.ts";
import { type ReadMessage, readMessage } from "./read-message.ts";

/** What a flusher is made of. */
export interface FlusherOptions {
  readonly database: Database;
  readonly link: NatsLink;
  /** Of the role `flush`, where there are several daemons; without one nobody else may flush. */
  readonly lease?: Lease | undefined;
  /** As many messages are flushed at once, or fewer when `maxDelayMs` is over. Default: 50. */
  readonly batchKeys?: number | undefined;
  /** How long a message waits for others at most, in milliseconds. Default: 20. */
  readonly maxDelayMs?: number | undefined;
  /** Under load batches grow up to so many messages. Default: 2000. */
  readonly maxBatchMessages?: number | undefined;
  /** Under load batches grow up to so many bytes. Default: 8 MiB. */
  readonly maxBatchBytes?: number | undefined;
  /** A larger value becomes a dead letter. Default: 1 MiB. */
  readonly maxValueBytes?: number | undefined;
  /** Without progress for so long while messages wait it is `stuck`, in milliseconds. Default: 30000. */
  readonly stuckAfterMs?: number | undefined;
  /** Where the lives of agents are followed. Default: nowhere. */
  readonly lives?: AgentLives | undefined;
  /** Hears of every batch that is committed. */
  readonly onBatch?: ((batch: FlushedBatch) => void) | undefined;
  /** Hears when the stream is another one than the one that was read, and from where on it is read. */
  readonly onIdentity?: ((identity: StreamIdentity, position: Position) => void) | undefined;
  /** Hears of what went wrong; it is tried again by itself, and nothing is skipped. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A batch that PostgreSQL has. */
export interface FlushedBatch {
  readonly messages: number;
  /** Keys that were written or deleted. */
  readonly keys: number;
  readonly parked: readonly ParkedWrite[];
  readonly position: Position;
  /** How long its transaction took, in milliseconds. */
  readonly tookMs: number;
}

/** How far behind the flusher is. */
export interface FlushLag {
  /**
   * Messages that PostgreSQL does not have yet, as far as the server has told; while the database is away those behind the
   * last position that was seen, counting what was deleted in between. NaN while nobody can say.
   */
  readonly messages: number;
  /**
   * The age of the oldest of those that are in memory, in milliseconds, by the clocks of server and process; while none can
   * be read, how long nothing was committed. 0 when none waits, NaN while nobody can say.
   */
  readonly ms: number;
}

/** Brings what is written to the bucket of agent state to `agents.state`. */
export interface Flusher extends Service {
  /** How far it is; undefined before it has found out. */
  readonly position: Position | undefined;
  readonly lag: FlushLag;
  /**
   * Resolves when PostgreSQL has everything up to this message, dead letters aside. Messages of a bucket that is made anew
   * meanwhile are counted anew.
   *
   * @throws SyncError `ABORTED`
   */
  flushedTo(sequence: number, signal?: AbortSignal): Promise<void>;
}

const longestPauseMs = 2_000;
/** How often it is asked how much waits while nothing can be flushed, in milliseconds. */
const measureEveryMs = 1_000;
/** When it says that messages wait, in milliseconds. */
const slowAfterMs = 1_000;
/** How long one transaction may take, in milliseconds. */
const transactionTimeoutMs = 60_000;
/** How long the database may take for what was read when the flusher is stopped, in milliseconds. */
const stopTimeoutMs = 5_000;

/**
 * Makes a flusher. It reads the bucket's stream from the stored position on, and commits each batch together with the
 * position: no write is lost, none is applied twice, and those of a key in their order. What goes wrong is tried again
 * from the stored position, for ever.
 */
export function createFlusher(options: FlusherOptions): Flusher {
  const { database, link, lease, lives, onBatch, onIdentity, onError } = options;
  const {
    batchKeys = 50,
    maxDelayMs = 20,
    maxBatchMessages = 2_000,
    maxBatchBytes = 8_388_608,
    maxValueBytes = 1_048_576,
    stuckAfterMs = 30_000,
  } = options;
  const waits = new PositionWaits();
  let feed: Feed<ReadMessage> | undefined;
  let progressAt = 0;
  let trouble: string | undefined;
  /** What is being committed. */
  let underway: readonly FeedMessage[] = [];
  /** Messages behind the position while nothing can be read; undefined while nobody can say. */
  let behind: number | undefined;
  let measuring: NodeJS.Timeout | undefined;
  /** Which of our own messages waited when reading began. */
  let ownAhead: OwnAhead | undefined;

  const run = backgroundRun(keepFlushing);

  const flusher: Flusher = {
    name: "flush",
    get position() {
      return waits.position;
    },
    flushedTo: (sequence, signal) => waits.reached(sequence, signal),
    get lag() {
      return lagNow();
    },
    start: () => run.start(),
    stop: () => run.stop(),
    status(): ServiceStatus {
      if (run.state !== "running") return { state: run.state, why: undefined };
      const silentMs = performance.now() - progressAt;
      const state = silentMs > stuckAfterMs ? "stuck" : "running";
      const isSlow = silentMs > Math.min(slowAfterMs, stuckAfterMs);
      return { state, why: trouble ?? (isSlow ? whyItWaits(silentMs) : undefined) };
    },
    [Symbol.asyncDispose]: () => flusher.stop(),
  };
  return flusher;

  async function keepFlushing(stopping: AbortSignal): Promise<void> {
    progressAt = performance.now();
    trouble = undefined;
    // Somebody else may have flushed in between, into a database that was restored since.
    ownAhead = undefined;
    let failures = 0;
    while (!stopping.aborted && lease?.signal.aborted !== true) {
      try {
        await flushFromStored(stopping, () => {
          failures = 0;
        });
      } catch (error) {
        if (stopping.aborted) break;
        trouble = error instanceof Error ? error.message : String(error);
        tell(onError, error);
        failures += 1;
        measureBehind();
        await pause(Math.min(longestPauseMs, 25 * 2 ** failures), undefined, { signal: stopping }).catch(
          () => {},
        );
      }
    }
    clearInterval(measuring);
    measuring = undefined;
  }

  async function flushFromStored(stopping: AbortSignal, onProgress: () => void): Promise<void> {
    const found = await findPosition(database, link, stateStream);
    const { position } = found;
    // Where it is not the one that was left, the database may be an older one.
    if (!isSamePosition(waits.position, position)) ownAhead = undefined;
    waits.moved(position);
    if (found.identity === "recreated") lives?.forget();
    if (found.identity !== "same") tell(() => onIdentity?.(found.identity, position), undefined);
    const ends = lease === undefined ? stopping : AbortSignal.any([stopping, lease.signal]);
    ownAhead ??= await findOwnAhead(link, {
      after: position.sequence,
      upTo: found.lastSequence,
      signal: ends,
      onProgress: () => {
        progressAt = performance.now();
      },
    });
    const from = {
      stream: stateStream,
      createdMs: position.createdMs,
      after: position.sequence,
      maxMessages: maxBatchMessages * 2,
      maxBytes: maxBatchBytes * 2,
    };
    await using reading = await openFeed(link, from, (message) => readMessage(message, maxValueBytes));
    feed = reading;
    clearInterval(measuring);
    measuring = undefined;
    const giveUp = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const stopReading = () => {
      reading.buffer.end();
      timer ??= setTimeout(() => giveUp.abort(), stopTimeoutMs);
    };
    if (ends.aborted) stopReading();
    ends.addEventListener("abort", stopReading);
    try {
      await flushAll(reading, { stopping, giveUp: giveUp.signal }, onProgress);
    } finally {
      feed = undefined;
      clearTimeout(timer);
      ends.removeEventListener("abort", stopReading);
    }
  }

  async function flushAll(
    reading: Feed<ReadMessage>,
    { stopping, giveUp }: { readonly stopping: AbortSignal; readonly giveUp: AbortSignal },
    onProgress: () => void,
  ): Promise<void> {
    const { buffer } = reading;
    for (;;) {
      if (buffer.length === 0) progressAt = performance.now();
      await waitForMessages(reading);
      if (lease !== undefined && !lease.holds()) return;
      if (buffer.length > 0) {
        await flushOne(reading, giveUp);
        onProgress();
        trouble = undefined;
      }
      // What was read when it was stopped is flushed; what is still on the server is the next one's.
      if (stopping.aborted && buffer.length === 0) return;
      if (reading.ended !== undefined && buffer.length === 0 && !stopping.aborted) throw reading.ended;
    }
  }

  // An idle flusher is not a stuck one.
  async function waitForMessages({ buffer }: Feed<ReadMessage>): Promise<void> {
    const idle = setInterval(() => {
      if (buffer.length === 0) progressAt = performance.now();
    }, 1_000);
    await buffer.ready(batchKeys, maxDelayMs).finally(() => clearInterval(idle));
  }

  async function flushOne(reading: Feed<ReadMessage>, signal: AbortSignal): Promise<void> {
    const from = waits.position;
    if (from === undefined) throw new SyncError("CLOSED", "the flusher has no position");
    const taken = reading.buffer.take(maxBatchMessages, maxBatchBytes);
    await reading.complete();
    const began = performance.now();
    const agents = lives === undefined ? undefined : agentsOf(taken);
    if (agents !== undefined) lives?.happened("write read", agents.written);
    underway = taken;
    const applied = await apply(taken, from, signal)
      .catch((error: unknown) => {
        if (agents !== undefined) lives?.happened("flush failed", agents.written);
        throw error;
      })
      .finally(() => {
        underway = [];
      });
    if (agents !== undefined) {
      lives?.happened("flush committed", agents.written);
      lives?.happened("seen in the bucket", agents.own);
    }
    progressAt = performance.now();
    const { keys, parked, position } = applied;
    waits.moved(position);
    announceFlushed(link, position);
    tell(onBatch, { messages: taken.length, keys, parked, position, tookMs: progressAt - began });
  }

  async function apply(taken: readonly ReadMessage[], from: Position, signal: AbortSignal) {
    const ahead = ownAhead;
    // What was stored since is new to every database, however old.
    const isNew = ahead === undefined || (taken[0]?.sequence ?? 0) > ahead.upTo;
    return await applyBatch(database, {
      stream: stateStream,
      messages: isNew ? taken : await withOwnThatFollow(link, taken, ahead.follows),
      from,
      epoch: lease?.epoch ?? 0,
      timeoutMs: transactionTimeoutMs,
      signal,
    });
  }

  // Asked again and again: the next try may wait long for a database that is away.
  function measureBehind(): void {
    const measure = async () => {
      behind = await messagesBehind().catch(() => undefined);
    };
    void measure();
    measuring ??= setInterval(() => void measure(), measureEveryMs).unref();
  }

  async function messagesBehind(): Promise<number | undefined> {
    const { position } = waits;
    if (position === undefined) return undefined;
    const { state } = await link.manager.streams.info(stateStream);
    return Math.max(0, state.last_seq - position.sequence);
  }

  function whyItWaits(silentMs: number): string {
    const { messages } = lagNow();
    const what = Number.isNaN(messages) ? "nothing was flushed" : `${messages} messages have waited`;
    const crowded = database.pools().find(({ pool, waiting }) => pool === "primary" && waiting > 0);
    const where =
      crowded === undefined ? "" : `, and all ${crowded.active} connections of the pool primary are in use`;
    return `${what} for ${Math.round(silentMs)} ms${where}`;
  }

  function lagNow(): FlushLag {
    if (feed === undefined) {
      if (run.state !== "running" || behind === 0) return { messages: 0, ms: 0 };
      if (behind === undefined) return { messages: Number.NaN, ms: Number.NaN };
      return { messages: behind, ms: performance.now() - progressAt };
    }
    const oldest = underway[0] ?? feed.buffer.oldest;
    return {
      messages: underway.length + feed.buffer.length + feed.pending,
      ms: oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.storedAtMs),
    };
  }
}

/** Whose state was written by others, and whose we brought from PostgreSQL. */
function agentsOf(messages: readonly FeedMessage[]) {
  const written = new Set<string>();
  const own = new Set<string>();
  for (const { subject, headers } of messages) {
    const key = readStateSubject(subject);
    if (typeof key === "string") continue;
    (headers?.get(originHeader) === originPostgres ? own : written).add(key.agentId);
  }
  return { written, own };
}
