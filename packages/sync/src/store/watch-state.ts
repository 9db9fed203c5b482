import { setTimeout as pause } from "node:timers/promises";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { type Delivered, type Fetch, fetchMessages } from "../feed/fetch-messages.ts";
import { type GapChecks, gapChecks } from "../feed/gap-checks.ts";
import { readStateSubject, statePrefix, stateStream, stateSubject } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { bucketMessage } from "./bucket-message.ts";
import { checkBeginning } from "./check-options.ts";
import type { StateChange, WatchOptions } from "./state-entry.ts";
import { jsonOf } from "./stored-state.ts";

/** Where a watcher stands. */
interface Standing {
  /** When the stream was made; undefined before it was looked at. */
  created: string | undefined;
  /** The last message that was seen, or was there before the first. */
  after: number;
  /** Still at the beginning: the last message of each key is wanted, not each message. */
  current: boolean;
}

const inactiveMs = 30_000;
const again = { firstMs: 50, mostMs: 2_000 };

/** Changes of keys. */
export interface StateWatch extends AsyncIterable<StateChange> {
  /**
   * Resolves when it stands: every later change comes. It is tried until the server answers, and never rejects; what
   * cannot be mended is thrown by the iteration.
   */
  readonly ready: Promise<void>;
}

/**
 * The changes of keys. A consumer is held only while it is whole: at the first sign that a message may have been missed, or
 * that the server was away, another one begins behind the last message that was given out.
 */
export function watchState(link: NatsLink, options: WatchOptions = {}): StateWatch {
  const filter = filterOf(options);
  const { from = "new", signal } = options;
  checkBeginning(from);
  const standing: Standing = {
    created: undefined,
    after: typeof from === "object" ? from.afterRevision : 0,
    current: from === "current",
  };
  const first = settleAtLast();
  return {
    ready: first,
    [Symbol.asyncIterator]: () => watching(),
  };

  async function settleAtLast(): Promise<void> {
    for (let waitMs = again.firstMs; !isAborted(signal); waitMs = Math.min(waitMs * 2, again.mostMs)) {
      try {
        return await settle(link, standing, from === "new");
      } catch (error) {
        if (link.connection.isClosed() || !mayPass(asSyncError(error, `watch ${filter}`))) return;
      }
      await pause(waitMs, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }).catch(
        () => {},
      );
    }
  }

  async function* watching(): AsyncGenerator<StateChange> {
    await first;
    let waitMs = again.firstMs;
    while (!isAborted(signal)) {
      try {
        await settle(link, standing, from === "new");
        for await (const change of changes(link, filter, standing, signal)) {
          waitMs = again.firstMs;
          yield change;
        }
      } catch (error) {
        if (link.connection.isClosed())
          throw new SyncError("CLOSED", "the connection was closed", { cause: error });
        const failure = asSyncError(error, `watch ${filter}`);
        if (!mayPass(failure)) throw failure;
      }
      await pause(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
      waitMs = Math.min(waitMs * 2, again.mostMs);
    }
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Whether it helps to wait: a bucket may be made yet. */
function mayPass(failure: SyncError): boolean {
  return failure.code === "TOPOLOGY" || failure.retryable;
}

function filterOf({ agentId, stateKey }: WatchOptions): string {
  if (agentId === undefined && stateKey === undefined) return `${statePrefix}>`;
  if (agentId === undefined || !z.guid().safeParse(agentId).success)
    throw new SyncError("INVALID_INPUT", `${JSON.stringify(agentId)} is no agent's id`, {
      hint: "A key is watched together with its agent.",
    });
  if (stateKey === "")
    throw new SyncError("INVALID_INPUT", 'the state key "" cannot be watched: it is empty', {
      hint: "Leave it out to watch all keys of the agent.",
    });
  return stateKey === undefined
    ? `${statePrefix}${agentId.toLowerCase()}.>`
    : stateSubject({ agentId, stateKey });
}

/** Whether the stream is the one of before: one that was made anew is read from its beginning. */
async function settle(link: NatsLink, standing: Standing, onlyNew: boolean): Promise<void> {
  const { created, state } = await link.manager.streams.info(stateStream);
  if (standing.created === undefined) {
    if (onlyNew) standing.after = state.last_seq;
  } else if (standing.created !== created || state.last_seq < standing.after) {
    standing.after = 0;
  }
  standing.created = created;
}

async function* changes(
  link: NatsLink,
  filter: string,
  standing: Standing,
  signal: AbortSignal | undefined,
): AsyncGenerator<StateChange> {
  const consumer = await open(link, filter, standing);
  const run: Run = { standing, delivered: 0, checks: gapChecks(link, stateStream, filter) };
  let messages: Fetch | undefined;
  const stop = () => messages?.stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    // So many at once, and the next ones when those were taken: a slow reader holds no more than these in memory.
    while (!isAborted(signal)) {
      const boundBy = standing.current ? "weight" : "server";
      messages = fetchMessages(link, { stream: stateStream, consumer, most: 500, boundBy });
      if (isAborted(signal)) messages.stop();
      for await (const message of messages) {
        const change = (await isNew(run, message)) ? changeOf(message) : undefined;
        if (change !== undefined) yield change;
      }
      if (await isOver(link, standing)) return;
      if (messages.received === 0 && (await run.checks.idle(standing.after + 1)) !== undefined)
        throw astray();
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    messages?.stop();
    void link.manager.consumers.delete(stateStream, consumer).catch(() => {});
  }
}

/** One consumer's run. */
interface Run {
  readonly standing: Standing;
  delivered: number;
  readonly checks: GapChecks;
}

/** Takes note of a message; false for one that was seen before the run. */
async function isNew(run: Run, message: Delivered): Promise<boolean> {
  const { standing, checks } = run;
  const { consumerSequence, streamSequence, pending } = message;
  if (consumerSequence !== run.delivered + 1) throw astray();
  run.delivered = consumerSequence;
  // Of those at the beginning only the last one of each key comes.
  if (!standing.current && streamSequence > standing.after + 1) {
    checks.gap(standing.after + 1, streamSequence - 1);
    if ((await checks.leftOut()) !== undefined) throw astray();
  }
  if (pending === 0) standing.current = false;
  if (streamSequence <= standing.after) return false;
  standing.after = streamSequence;
  return true;
}

function astray(): SyncError {
  return new SyncError("JETSTREAM", `a message of ${stateStream} went astray`, { retryable: true });
}

async function isOver(link: NatsLink, standing: Standing): Promise<boolean> {
  const { created, state } = await link.manager.streams.info(stateStream);
  return created !== standing.created || state.last_seq < standing.after;
}

async function open(link: NatsLink, filter: string, standing: Standing): Promise<string> {
  const start = standing.current
    ? { deliver_policy: DeliverPolicy.LastPerSubject }
    : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: standing.after + 1 };
  const { name } = await link.manager.consumers.add(stateStream, {
    ...start,
    ack_policy: AckPolicy.None,
    filter_subject: filter,
    inactive_threshold: nanos(inactiveMs),
    mem_storage: true,
    num_replicas: 1,
  });
  return name;
}

/** Undefined for what is no state of an agent. */
function changeOf(message: Delivered): StateChange | undefined {
  const key = readStateSubject(message.subject);
  if (typeof key === "string") return undefined;
  const read = bucketMessage(message.headers, {
    sequence: message.streamSequence,
    storedAtMs: message.storedAtMs,
    data: message.data,
  });
  const json = read.isDelete ? undefined : jsonOf(message.data);
  if (!read.isDelete && json === undefined) return undefined;
  return {
    ...key,
    operation: read.isDelete ? "delete" : "put",
    value: json?.value,
    revision: read.sequence,
    storedAt: new Date(read.storedAtMs),
    expiresAt: read.expiresAtMs === undefined ? undefined : new Date(read.expiresAtMs),
    isFromPostgres: read.isFromPostgres,
  };
}
