import type { Asked, CollectedRow } from "../collect/collector.ts";
import { gauge } from "../metrics/metric.ts";
import type { JetStreamView, SeenCluster } from "./jetstream-view.ts";

/** One question to JetStream. */
export interface JetStreamCollector extends Asked {
  readonly rows: (view: JetStreamView) => Promise<readonly CollectedRow[]>;
}

const mostStreams = 50;
const mostConsumers = 100;

const account: JetStreamCollector = {
  name: "jetstream_account",
  asks: "how much of its storage the account uses",
  intervalMs: 15_000,
  async rows(view) {
    const { storage, memory, limits } = await view.getAccountInfo();
    return [
      {
        storage,
        memory,
        storage_limit: limitOf(limits.max_storage),
        memory_limit: limitOf(limits.max_memory),
      },
    ];
  },
  sparse: ["storage_limit", "memory_limit"],
  metrics: {
    storage: gauge("smith_jetstream_storage_bytes", "What the account's streams take on disk"),
    memory: gauge("smith_jetstream_memory_bytes", "What they take in memory"),
    storage_limit: gauge(
      "smith_jetstream_storage_limit_bytes",
      "What they may take on disk; none for no limit",
    ),
    memory_limit: gauge(
      "smith_jetstream_memory_limit_bytes",
      "What they may take in memory; none for no limit",
    ),
  },
};

const streams: JetStreamCollector = {
  name: "jetstream_streams",
  asks: "what each stream holds and whether somebody leads it, of fifty",
  intervalMs: 15_000,
  async rows(view) {
    const found: CollectedRow[] = [];
    for await (const { config, state, cluster } of view.streams.list()) {
      if (found.length === mostStreams) break;
      found.push({
        stream: config.name,
        messages: state.messages,
        bytes: state.bytes,
        limit: limitOf(config.max_bytes),
        last: state.last_seq,
        led: isLed(cluster),
      });
    }
    return found;
  },
  sparse: ["limit"],
  metrics: {
    messages: gauge("smith_jetstream_stream_messages", "Messages in a stream", "stream"),
    bytes: gauge("smith_jetstream_stream_bytes", "What they take", "stream"),
    limit: gauge("smith_jetstream_stream_limit_bytes", "What they may take; none for no limit", "stream"),
    last: gauge("smith_jetstream_stream_last_sequence", "The number of the stream's last message", "stream"),
    led: gauge(
      "smith_jetstream_stream_led",
      "1 while the stream has a leader, else 0: then it takes nothing",
      "stream",
    ),
  },
};

const consumers: JetStreamCollector = {
  name: "jetstream_consumers",
  asks: "how far each consumer is behind and whether somebody leads it, of a hundred",
  intervalMs: 15_000,
  async rows(view) {
    const found: CollectedRow[] = [];
    let asked = 0;
    for await (const { config, cluster } of view.streams.list()) {
      if (found.length >= mostConsumers || asked === mostStreams) break;
      asked += 1;
      // Nobody would answer for its consumers: those of the others are not to wait for that.
      if (isLed(cluster) === 0) continue;
      for await (const consumer of view.consumers.list(config.name)) {
        if (found.length >= mostConsumers) break;
        found.push({
          stream: config.name,
          consumer: consumer.name,
          pending: consumer.num_pending,
          unacknowledged: consumer.num_ack_pending,
          redelivered: consumer.num_redelivered,
          floor: consumer.ack_floor.stream_seq,
          led: isLed(consumer.cluster),
        });
      }
    }
    return found;
  },
  metrics: {
    pending: gauge(
      "smith_jetstream_consumer_pending_messages",
      "Messages that a consumer was not given yet",
      "stream",
      "consumer",
    ),
    unacknowledged: gauge(
      "smith_jetstream_consumer_unacknowledged_messages",
      "Messages that it was given and has not acknowledged yet",
      "stream",
      "consumer",
    ),
    redelivered: gauge(
      "smith_jetstream_consumer_redelivered_messages",
      "Messages of these that it was given more than once",
      "stream",
      "consumer",
    ),
    floor: gauge(
      "smith_jetstream_consumer_ack_floor_sequence",
      "All messages of the stream up to this number are acknowledged",
      "stream",
      "consumer",
    ),
    led: gauge(
      "smith_jetstream_consumer_led",
      "1 while the consumer has a leader, else 0: then it gives nothing",
      "stream",
      "consumer",
    ),
  },
};

/** Every collector of JetStream, in the order in which they ask. */
export const jetStreamCollectors: readonly JetStreamCollector[] = [account, streams, consumers];

// A server alone says nothing of a cluster: it leads all that it answers for.
function isLed(cluster: SeenCluster | undefined): number {
  return cluster === undefined || (cluster.leader ?? "") !== "" ? 1 : 0;
}

/** -1 and 0 are for no limit. */
function limitOf(bytes: number): number | null {
  return bytes > 0 ? bytes : null;
}
