import { setTimeout as pause } from "node:timers/promises";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { BothStores } from "../hydrate/hydrate.ts";
import { stateStream } from "../keys/state-subject.ts";
import { readRowSide } from "./row-side.ts";

/** How long is waited for the flusher. */
export interface GoneOptions {
  readonly settleMs?: number | undefined;
  readonly patienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How many messages behind the flushed position are not there any more. What the flusher passes was superseded: it is
 * waited for up to what was there at first, for our patience.
 *
 * @throws what the client library and the database throw
 */
export async function goneUnflushed(
  stores: BothStores,
  createdMs: number,
  options: GoneOptions,
): Promise<number> {
  const { settleMs = 500, patienceMs = 10_000, signal } = options;
  const until = performance.now() + patienceMs;
  const { state } = await stores.link.manager.streams.info(stateStream);
  for (;;) {
    const gone = await countGone(stores, createdMs, state.last_seq);
    if (gone === 0 || performance.now() >= until) return gone;
    await pause(settleMs, undefined, signal === undefined ? {} : { signal });
  }
}

async function countGone({ database, link }: BothStores, createdMs: number, upTo: number): Promise<number> {
  const { flushed } = await readRowSide(database, [], createdMs);
  const { state } = await link.manager.streams.info(stateStream);
  const from = flushed?.sequence ?? 0;
  if (Math.min(state.last_seq, upTo) <= from) return 0;
  // Only a consumer tells how many messages follow a number; it is asked once.
  const { name, num_pending } = await link.manager.consumers.add(stateStream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from + 1,
    inactive_threshold: nanos(5_000),
    mem_storage: true,
    num_replicas: 1,
  });
  await link.manager.consumers.delete(stateStream, name).catch(() => {});
  return Math.max(0, state.last_seq - from - num_pending);
}
