import { startNats } from "@mister-smith/embedded";
import {
  AckPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  StorageType,
} from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createJetStreamMonitor, prometheusText, type Snapshot } from "../../src/index.ts";

describe("a look at JetStream", () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  beforeAll(async () => {
    nats = await startNats({});
    connection = await connect({ servers: nats.url });
    manager = await jetstreamManager(connection, { timeout: 2_000 });
    await manager.streams.add({ name: "WORK", subjects: ["work.>"], max_bytes: 1_048_576 });
    await manager.streams.add({ name: "FREE", subjects: ["free.>"] });
    await manager.consumers.add("WORK", { durable_name: "worker", ack_policy: AckPolicy.Explicit });
    const js = jetstream(connection);
    for (let n = 0; n < 10; n += 1) await js.publish("work.a", `message ${n}`);
    const consumer = await js.consumers.get("WORK", "worker");
    const messages = await consumer.fetch({ max_messages: 4 });
    let seen = 0;
    for await (const message of messages) {
      if (seen < 2) await message.ackAck();
      seen += 1;
      if (seen === 4) break;
    }
  });
  afterAll(async () => {
    await connection?.close();
    await nats?.stop();
  });

  const shown = ({ samples }: Snapshot, name: string, labels: object = {}) =>
    samples.find(
      ({ metric, labels: own }) =>
        metric.name === name && expect.objectContaining(labels).asymmetricMatch(own),
    )?.value;

  it("shows storage, streams and how far consumers are, and no limit where there is none", async () => {
    const snapshot = await createJetStreamMonitor(manager).look();
    expect(snapshot.collectors.map(({ state }) => state)).toEqual(["ok", "ok", "ok"]);
    expect(shown(snapshot, "smith_jetstream_storage_bytes")).toBeGreaterThan(0);
    expect(shown(snapshot, "smith_jetstream_storage_limit_bytes")).toBeUndefined();
    const work = { stream: "WORK" };
    expect(shown(snapshot, "smith_jetstream_stream_messages", work)).toBe(10);
    expect(shown(snapshot, "smith_jetstream_stream_limit_bytes", work)).toBe(1_048_576);
    expect(shown(snapshot, "smith_jetstream_stream_limit_bytes", { stream: "FREE" })).toBeUndefined();
    expect(shown(snapshot, "smith_jetstream_stream_led", work)).toBe(1);
    const worker = { stream: "WORK", consumer: "worker" };
    expect(shown(snapshot, "smith_jetstream_consumer_pending_messages", worker)).toBe(6);
    expect(shown(snapshot, "smith_jetstream_consumer_unacknowledged_messages", worker)).toBe(2);
    expect(shown(snapshot, "smith_jetstream_consumer_ack_floor_sequence", worker)).toBe(2);
    expect(prometheusText(snapshot.samples)).toContain(
      'smith_jetstream_consumer_pending_messages{stream="WORK",consumer="worker"} 6\n',
    );
  });

  it("is bounded in series, however many streams there are", async () => {
    for (let n = 0; n < 60; n += 1)
      await manager.streams.add({ name: `MANY_${n}`, subjects: [`many.${n}`], storage: StorageType.Memory });
    const { samples } = await createJetStreamMonitor(manager).look();
    expect(samples.filter(({ metric }) => metric.name === "smith_jetstream_stream_messages")).toHaveLength(
      50,
    );
    for (let n = 0; n < 60; n += 1) await manager.streams.delete(`MANY_${n}`);
  });

  it("shows nothing old when the server is away, and says so within its time", async () => {
    const monitor = createJetStreamMonitor(manager, { collectorTimeoutMs: 300 });
    const before = await monitor.look();
    expect(before.samples.length).toBeGreaterThan(10);
    await nats.stop();
    const fresh = await createJetStreamMonitor(manager, { collectorTimeoutMs: 300 }).look();
    expect(fresh.collectors.map(({ state }) => state)).toEqual(["failed", "failed", "failed"]);
    expect(fresh.samples.filter(({ metric }) => metric.name.startsWith("smith_jetstream"))).toEqual([]);
  });
});
