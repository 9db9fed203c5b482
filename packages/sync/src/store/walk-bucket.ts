import { setTimeout as pause } from "node:timers/promises";
import { AckPolicy, DeliverPolicy, type StoredMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { type Delivered, type Fetch, fetchMessages } from "../feed/fetch-messages.ts";
import { statePrefix, stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { type BucketMessage, bucketMessage } from "./bucket-message.ts";
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
  /** How many come at once; fewer where these have more than 8 MiB together. */
  readonly batch: number;
  readonly signal?: AbortSignal | undefined;
}

/** The server forgets a walk that nobody goes on with for so long. */
const inactiveMs = 60_000;
/** After so long without a message it is asked whether any is left. */
const idleMs = 50;
const mostRestarts = 20;
/** With so many bytes of values a batch is given out before it is full. */
const batchBytes = 8 * 1_048_576;

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
  const { batch, headersOnly, signal } = options;
  const consumer = await openWalk(link, route.subject, options);
  try {
    const run: Run = {
      deliveries: 0,
      last: options.after ?? 0,
      left: await pendingOf(link, consumer),
      isOver: false,
      upTo: route.upTo,
    };
    // A purge takes all for delivered, and what is known of the last messages of keys comes all the same.
    const mayGoOn = async () =>
      route.lastOnly && !run.isOver && (await isLeftOut(link, route, run.last, [run.upTo + 1]));
    let held: WalkedMessage[] = [];
    let bytes = 0;
    for (;;) {
      refuseWhenAborted(signal);
      if (run.left === 0 && (await mayGoOn())) run.left = batch;
      if (run.left === 0) break;
      const { deliveries } = run;
      const asked = { most: Math.min(batch - held.length, run.left), headersOnly };
      const taken = await fetchOnce(link, consumer, run, asked);
      held.push(...taken);
      bytes += taken.reduce((sum, { data }) => sum + data.length, 0);
      if (held.length >= batch || bytes >= batchBytes) {
        yield held;
        held = [];
        bytes = 0;
      } else if (taken.length > 0) continue;
      else if (run.deliveries > deliveries) continue;
      else if (run.left > 0 && (await pendingOf(link, consumer)) > 0) throw astray();
      else break;
    }
    if (held.length > 0) yield held;
  } finally {
    await link.manager.consumers.delete(stateStream, consumer).catch(() => {});
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

async function pendingOf({ manager }: NatsLink, consumer: string): Promise<number> {
  return (await manager.consumers.info(stateStream, consumer)).num_pending;
}

async function fetchOnce(
  link: NatsLink,
  consumer: string,
  run: Run,
  { most, headersOnly }: { readonly most: number; readonly headersOnly: boolean },
): Promise<readonly WalkedMessage[]> {
  const taken: WalkedMessage[] = [];
  const boundBy = headersOnly ? "nothing" : "weight";
  const messages = fetchMessages(link, { stream: stateStream, consumer, most, boundBy });
  using _ = stopWhenNothingIsLeft(link, consumer, messages);
  for await (const message of messages) {
    const { consumerSequence, streamSequence, pending } = message;
    // Nothing is acknowledged: a number that is left out is a message that went astray.
    if (consumerSequence !== run.deliveries + 1) throw astray();
    run.deliveries = consumerSequence;
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
    let bytes = 0;
    while (next !== undefined && taken.length < batch && bytes < batchBytes) {
      const found: StoredMsg | undefined = await nextOnward(link, route, next);
      next = found === undefined ? undefined : found.seq + 1;
      if (found !== undefined) taken.push(read(found, headersOnly));
      bytes += taken.at(-1)?.data.length ?? 0;
    }
    if (taken.length > 0) yield taken;
  }
}

function read({ header, seq, time, data, subject }: StoredMsg, headersOnly: boolean): WalkedMessage {
  const rest = { sequence: seq, storedAtMs: time.getTime(), data: headersOnly ? new Uint8Array() : data };
  return { ...bucketMessage(header, rest), subject };
}

function walked({ headers, data, subject, streamSequence, storedAtMs }: Delivered): WalkedMessage {
  return { ...bucketMessage(headers, { sequence: streamSequence, storedAtMs, data }), subject };
}

/** What was to come may have been superseded or evicted meanwhile: then the server sends no more, and says nothing. */
function stopWhenNothingIsLeft(link: NatsLink, consumer: string, messages: Fetch): Disposable {
  let received = -1;
  const timer = setInterval(async () => {
    const isIdle = messages.received === received;
    received = messages.received;
    if (!isIdle) return;
    if ((await pendingOf(link, consumer).catch(() => undefined)) === 0) messages.stop();
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
): Promise<string> {
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
  return name;
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
