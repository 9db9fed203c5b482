import { setTimeout as pause } from "node:timers/promises";
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { statePrefix, stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { type BucketMessage, bucketMessage } from "./bucket-message.ts";
import { storedAtMs } from "./stored-at.ts";

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
 * it had, or not at all when that is not kept any more. A walk that breaks off is begun anew behind what was given out.
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
  const { batch, signal } = options;
  // What is written from now on comes behind the last messages of all keys, without end while somebody writes.
  const end = (await link.manager.streams.info(stateStream)).state.last_seq;
  const consumer = await openWalk(link, options);
  let delivered = 0;
  let left = (await consumer.info()).num_pending;
  try {
    while (left > 0) {
      refuseWhenAborted(signal);
      const taken: WalkedMessage[] = [];
      const messages = await consumer.fetch({ max_messages: Math.min(batch, left), expires: 5_000 });
      using _ = stopWhenNothingIsLeft(consumer, messages);
      for await (const message of messages) {
        const { deliverySequence, streamSequence, pending } = message.info;
        // Nothing is acknowledged: a number that is left out is a message that went astray.
        if (deliverySequence !== delivered + 1) throw astray();
        delivered = deliverySequence;
        left = streamSequence < end ? pending : 0;
        if (streamSequence > end) break;
        taken.push(walked(message));
      }
      if (taken.length > 0) yield taken;
      else if (left > 0 && (await consumer.info()).num_pending > 0) throw astray();
      else return;
    }
  } finally {
    await consumer.delete().catch(() => {});
  }
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

async function openWalk(link: NatsLink, { agentId, after, headersOnly }: WalkOptions): Promise<Consumer> {
  const start =
    after === undefined
      ? { deliver_policy: DeliverPolicy.LastPerSubject }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 };
  const { name } = await link.manager.consumers.add(stateStream, {
    ...start,
    ack_policy: AckPolicy.None,
    filter_subject: agentId === undefined ? `${statePrefix}>` : `${statePrefix}${agentId}.>`,
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
