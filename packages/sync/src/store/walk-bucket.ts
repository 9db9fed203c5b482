import { setTimeout as pause } from "node:timers/promises";
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  type StoredMsg,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { statePrefix, stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { type BucketMessage, bucketMessage } from "./bucket-message.ts";
import { storedAtMs } from "./stored-at.ts";
import { isLeftOut, nextOnward, type Route } from "./walk-onward.ts";

/** A message of a subject of the bucket. */
export interface WalkedMessage extends BucketMessage {
  readonly subject: string;
}

/** What is walked over. */
export interface WalkOptions {
  /** Whose keys; default: all. */
  readonly agentId?: string | undefined;
  /** Every message behind this one, and not the last message of each key alone. */
  readonly after?: number | undefined;
  /** Leaves the values out. */
  readonly headersOnly: boolean;
  /** How many come at once. */
  readonly batch: number;
  readonly signal?: AbortSignal | undefined;
}

/** The server forgets a walk that nobody goes on with for so long. */
const inactiveMs = 60_000;
/** After so long without a message it is asked whether any is left. */
const idleMs = 50;
const mostRestarts = 20;

/**
 * The last message of each key that the bucket has, in batches, from the one written longest ago to the latest, as the
 * bucket was when the walk began; memory is needed for one batch. A key that is written meanwhile comes with the message that
 * it had, or not at all when that is not kept any more. A walk that breaks off is begun anew behind what was given out, and what
 * a server leaves out when somebody purges is asked for message by message.
 *
 * @throws SyncError `TOPOLOGY`, `NATS_UNREACHABLE` when it breaks off again and again, `ABORTED`
 */
export async function* walkBucket(
  link: NatsLink,
  options: WalkOptions,
): AsyncGenerator<readonly WalkedMessage[]> {
  let after = options.after ?? 0;
  for (let restarts = 0; ; restarts += 1) {
    try {
      for await (const batch of walkOnce(link, options)) {
        const fresh = batch.filter(({ sequence }) => sequence > after);
        if (fresh.length === 0) continue;
        after = fresh.at(-1)?.sequence ?? after;
        restarts = 0;
        yield fresh;
      }
      return;
    } catch (error) {
      const failure = asSyncError(error, `walk over ${stateStream}`);
      if (!failure.retryable || restarts >= mostRestarts) throw failure;
      await pause(250);
    }
  }
}

async function* walkOnce(link: NatsLink, options: WalkOptions): AsyncGenerator<readonly WalkedMessage[]> {
  const route = {
    subject: filterOf(options),
    // What is written from now on comes behind the last messages of all keys, without end while somebody writes.
    upTo: (await link.manager.streams.info(stateStream)).state.last_seq,
    lastOnly: options.after === undefined,
  };
  let seen = options.after ?? 0;
  for await (const taken of delivered(link, options, route)) {
    const given = taken.map(({ sequence }) => sequence);
    // The last messages of keys have gaps between them; the server knows their numbers from the beginning, and skips none.
    if (!route.lastOnly && (await isLeftOut(link, route, seen, given)))
      return yield* onward(link, options, route, seen);
    seen = given.at(-1) ?? seen;
    yield taken;
  }
  if (!(await isLeftOut(link, route, seen, [route.upTo + 1]))) return;
  if (route.lastOnly) throw astray();
  yield* onward(link, options, route, seen);
}

/** What a consumer of the server delivers. */
async function* delivered(
  link: NatsLink,
  options: WalkOptions,
  route: Route,
): AsyncGenerator<readonly WalkedMessage[]> {
  const { batch, signal } = options;
  const consumer = await openWalk(link, route.subject, options);
  try {
    const run: Run = {
      deliveries: 0,
      last: options.after ?? 0,
      left: (await consumer.info()).num_pending,
      isOver: false,
      upTo: route.upTo,
    };
    // A purge takes all for delivered, and what is known of the last messages of keys comes all the same.
    const mayGoOn = async () =>
      route.lastOnly && !run.isOver && (await isLeftOut(link, route, run.last, [run.upTo + 1]));
    for (;;) {
      refuseWhenAborted(signal);
      if (run.left === 0 && (await mayGoOn())) run.left = batch;
      if (run.left === 0) return;
      const { deliveries } = run;
      const taken = await fetchOnce(consumer, run, Math.min(batch, run.left));
      if (taken.length > 0) yield taken;
      else if (run.deliveries > deliveries) continue;
      else if (run.left > 0 && (await consumer.info()).num_pending > 0) throw astray();
      else return;
    }
  } finally {
    await consumer.delete().catch(() => {});
  }
}

/** How far a consumer has come. */
interface Run {
  deliveries: number;
  last: number;
  /** How many messages follow, as the server said last; 0 at the end of the walk. */
  left: number;
  /** What was delivered last was written after the walk began. */
  isOver: boolean;
  readonly upTo: number;
}

async function fetchOnce(consumer: Consumer, run: Run, most: number): Promise<readonly WalkedMessage[]> {
  const taken: WalkedMessage[] = [];
  const messages = await consumer.fetch({ max_messages: most, expires: 5_000 });
  using _ = stopWhenNothingIsLeft(consumer, messages);
  for await (const message of messages) {
    const { deliverySequence, streamSequence, pending } = message.info;
    // Nothing is acknowledged: a number that is left out is a message that went astray.
    if (deliverySequence !== run.deliveries + 1) throw astray();
    run.deliveries = deliverySequence;
    run.left = streamSequence < run.upTo ? pending : 0;
    run.isOver = streamSequence > run.upTo;
    if (run.isOver) break;
    // In the place of one that is gone nats-server 2.9.10 gives out the next one that is there.
    if (streamSequence <= run.last) continue;
    run.last = streamSequence;
    taken.push(walked(message));
  }
  return taken;
}

/** What comes behind a message, asked for one after the other. */
async function* onward(
  link: NatsLink,
  { batch, headersOnly, signal }: WalkOptions,
  route: Route,
  after: number,
): AsyncGenerator<readonly WalkedMessage[]> {
  let next: number | undefined = after + 1;
  while (next !== undefined) {
    refuseWhenAborted(signal);
    const taken: WalkedMessage[] = [];
    while (next !== undefined && taken.length < batch) {
      const found: StoredMsg | undefined = await nextOnward(link, route, next);
      next = found === undefined ? undefined : found.seq + 1;
      if (found !== undefined) taken.push(read(found, headersOnly));
    }
    if (taken.length > 0) yield taken;
  }
}

function read({ header, seq, time, data, subject }: StoredMsg, headersOnly: boolean): WalkedMessage {
  const rest = { sequence: seq, storedAtMs: time.getTime(), data: headersOnly ? new Uint8Array() : data };
  return { ...bucketMessage(header, rest), subject };
}

function walked(message: JsMsg): WalkedMessage {
  const { headers, data, subject, seq: sequence } = message;
  return { ...bucketMessage(headers, { sequence, storedAtMs: storedAtMs(message), data }), subject };
}

/** What was to come may have been superseded or evicted meanwhile: then the server sends no more, and says nothing. */
function stopWhenNothingIsLeft(consumer: Consumer, messages: ConsumerMessages): Disposable {
  let received = -1;
  const timer = setInterval(async () => {
    const isIdle = messages.getReceived() === received;
    received = messages.getReceived();
    if (!isIdle) return;
    const info = await consumer.info().catch(() => undefined);
    if (info?.num_pending === 0) messages.stop();
  }, idleMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function filterOf({ agentId }: WalkOptions): string {
  return agentId === undefined ? `${statePrefix}>` : `${statePrefix}${agentId}.>`;
}

async function openWalk(
  link: NatsLink,
  subject: string,
  { after, headersOnly }: WalkOptions,
): Promise<Consumer> {
  const start =
    after === undefined
      ? { deliver_policy: DeliverPolicy.LastPerSubject }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 };
  const { name } = await link.manager.consumers.add(stateStream, {
    ...start,
    ack_policy: AckPolicy.None,
    filter_subject: subject,
    inactive_threshold: nanos(inactiveMs),
    mem_storage: true,
    num_replicas: 1,
    ...(headersOnly ? { headers_only: true } : {}),
  });
  return await link.js.consumers.get(stateStream, name);
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new SyncError("ABORTED", "the walk over the bucket was ended by its signal", {
    cause: signal.reason,
  });
}

function astray(): SyncError {
  return new SyncError("JETSTREAM", `a message of ${stateStream} went astray`, { retryable: true });
}
