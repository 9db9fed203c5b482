import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { registerAgents } from "../support/message-agents.ts";

describe.each(clusters())("the delivery of messages on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const messages = () => database().db.messages;
  let ada = "";
  let bob = "";
  beforeEach(async () => {
    const type = `type-${randomUUID()}`;
    [ada = "", bob = ""] = await registerAgents(database().db, [type, type]);
  });

  // What time does, without waiting for it: leases end, messages expire.
  const letTimePass = (deliveryIds: readonly string[]) =>
    database().db.write.query(
      sql.type(z.object({}))`
        UPDATE messages.deliveries AS d
        SET available_at = d.available_at - INTERVAL '1 hour', expires_at = d.expires_at - INTERVAL '1 hour'
        WHERE d.delivery_id = ANY (${sql.array(deliveryIds, "uuid")})
      `,
    );
  const openQueue = () => messages().openChannel({ channelName: `q-${randomUUID()}`, channelType: "queue" });
  const sendMany = (count: number) =>
    messages().sendMany(Array.from({ length: count }, (_, payload) => ({ toAgentId: ada, payload })));
  const receiveOne = async (how: Parameters<ReturnType<typeof messages>["receive"]>[1] = {}) => {
    const [received] = await messages().receive(ada, how);
    if (received === undefined) throw new Error("no message came");
    return received;
  };

  it("gives a message to one of many who take for one agent, and each message to somebody", async () => {
    await sendMany(200);
    const taken: string[] = [];
    const take = async () => {
      for (;;) {
        const some = await messages().receive(ada, { limit: 7 });
        if (some.length === 0) return;
        taken.push(...some.map(({ messageId }) => messageId));
        await messages().acknowledge(some);
      }
    };
    await Promise.all([take(), take(), take(), take()]);
    expect(taken).toHaveLength(200);
    expect(new Set(taken).size).toBe(200);
    expect((await messages().inbox(ada)).items).toEqual([]);
  });

  it("gives a message of a queue to one of the agents who take from it", async () => {
    const queue = await openQueue();
    await messages().sendMany(
      Array.from({ length: 200 }, (_, payload) => ({ channelId: queue.channelId, payload })),
    );
    const taken: string[] = [];
    const take = async (agentId: string) => {
      for (;;) {
        const some = await messages().receiveFrom(queue, agentId, { limit: 7 });
        if (some.length === 0) return;
        taken.push(...some.map(({ messageId }) => messageId));
        await messages().acknowledge(some);
      }
    };
    await Promise.all([take(ada), take(bob), take(ada), take(bob)]);
    expect(taken).toHaveLength(200);
    expect(new Set(taken).size).toBe(200);
  });

  it("passes over what another transaction is about to take, without waiting for it", async () => {
    await sendMany(2);
    await database()
      .db.transaction(async (tx) => {
        const [mine] = await tx.messages.receive(ada);
        const [other] = await messages().receive(ada, { limit: 5 });
        expect([mine?.payload, other?.payload]).toEqual([0, 1]);
        throw new RangeError("undone");
      })
      .catch((error: unknown) => expect(error).toBeInstanceOf(RangeError));
    expect(await receiveOne()).toMatchObject({ payload: 0, attempt: 1 });
  });

  it("gives each recipient of a broadcast and of a topic its own, at its own pace", async () => {
    const topic = await messages().openChannel({ channelName: `t-${randomUUID()}`, channelType: "topic" });
    for (const agentId of [ada, bob]) await messages().subscribe({ agentId, channelId: topic.channelId });
    await messages().publish({ channelId: topic.channelId, payload: "news" });
    const first = await receiveOne();
    await messages().acknowledge(first);
    expect((await messages().inbox(bob)).items).toMatchObject([{ payload: "news", deliveryAttempts: 0 }]);
    expect((await messages().inbox(ada, { state: "settled" })).items).toMatchObject([
      { payload: "news", outcome: "processed", deliveryAttempts: 1, claimedBy: ada },
    ]);
    expect(await messages().receive(bob)).toMatchObject([{ payload: "news" }]);
  });

  it("takes the most urgent first, then the oldest, and only those urgent enough if asked", async () => {
    await messages().sendMany([
      { toAgentId: ada, payload: "a", priority: 1 },
      { toAgentId: ada, payload: "b", priority: 9 },
      { toAgentId: ada, payload: "c", priority: 9 },
      { toAgentId: ada, payload: "d", priority: 9 },
      { toAgentId: ada, payload: "e" },
    ]);
    expect(await receiveOne()).toMatchObject({ payload: "b" });
    const urgent = await messages().receive(ada, { limit: 10, minPriority: 5 });
    expect(urgent.map(({ payload }) => payload)).toEqual(["c", "d"]);
    const rest = await messages().receive(ada, { limit: 10 });
    expect(rest.map(({ payload }) => payload)).toEqual(["a", "e"]);
  });

  it("tells the log of a message with one recipient when it was delivered and processed", async () => {
    const sent = await messages().send({ toAgentId: ada });
    expect(await messages().get(sent)).toMatchObject({
      deliveredAt: null,
      processedAt: null,
      deliveryAttempts: 0,
    });
    const received = await receiveOne();
    expect(await messages().get(sent)).toMatchObject({ deliveredAt: expect.any(Date), deliveryAttempts: 1 });
    await messages().acknowledge(received);
    expect(await messages().get(sent)).toMatchObject({ processedAt: expect.any(Date) });
  });

  it("hands a message out again when its lease has ended, and refuses the receipt from before", async () => {
    await sendMany(1);
    const first = await receiveOne();
    expect(await messages().receive(ada)).toEqual([]);
    await letTimePass([first.deliveryId]);
    const second = await receiveOne();
    expect(second).toMatchObject({ deliveryId: first.deliveryId, attempt: 2 });
    for (const settle of [
      () => messages().acknowledge(first),
      () => messages().requeue(first),
      () => messages().reject(first),
      () => messages().extendLease(first, 1000),
    ])
      await expect(settle()).rejects.toMatchObject({
        code: "LEASE_LOST",
        details: { deliveryIds: [first.deliveryId] },
      });
    await messages().acknowledge(second);
    await messages().acknowledge(second);
    await expect(messages().requeue(second)).rejects.toMatchObject({ code: "LEASE_LOST" });
  });

  it("takes a late receipt while nobody else has the message", async () => {
    await sendMany(1);
    const late = await receiveOne();
    await letTimePass([late.deliveryId]);
    await messages().acknowledge(late);
    expect(await messages().receive(ada)).toEqual([]);
  });

  it("settles all of many that can be, and names the others", async () => {
    await sendMany(3);
    const received = await messages().receive(ada, { limit: 3 });
    const [stale] = received;
    if (stale === undefined) throw new Error("no message came");
    await letTimePass([stale.deliveryId]);
    await receiveOne();
    await expect(messages().acknowledge(received)).rejects.toMatchObject({
      code: "LEASE_LOST",
      details: { deliveryIds: [stale.deliveryId] },
    });
    expect((await messages().inbox(ada, { state: "settled" })).items).toHaveLength(2);
    await messages().acknowledge([]);
  });

  it("keeps a message for longer when asked", async () => {
    await sendMany(1);
    const received = await receiveOne({ leaseMs: 1 });
    await messages().extendLease(received, 3_600_000);
    expect(await messages().receive(ada)).toEqual([]);
  });

  it("takes a message back, at once or after a delay", async () => {
    await sendMany(1);
    await messages().requeue(await receiveOne(), { reason: "busy" });
    const again = await receiveOne();
    expect(again.attempt).toBe(2);
    await messages().requeue(again, { delayMs: 1_800_000 });
    expect(await messages().receive(ada)).toEqual([]);
    expect((await messages().inbox(ada)).items).toMatchObject([{ reason: "busy", deliveryAttempts: 2 }]);
    await letTimePass([again.deliveryId]);
    expect((await receiveOne()).attempt).toBe(3);
  });

  it("gives a message up when it was rejected or handed out too often, and delivers it anew when asked", async () => {
    await sendMany(3);
    const [rejected, failing] = await messages().receive(ada, { limit: 2 });
    if (rejected === undefined || failing === undefined) throw new Error("no message came");
    await messages().reject(rejected, { reason: "no such plan" });
    await messages().requeue(failing);
    // Behind the dead one there is another: it comes at once.
    expect(await messages().receive(ada, { maxAttempts: 1 })).toMatchObject([{ payload: 2 }]);
    const dead = await messages().deadLetters({ agentId: ada });
    expect(dead.items.map(({ payload, reason }) => [payload, reason])).toEqual([
      [1, "not acknowledged in 1 deliveries"],
      [0, "no such plan"],
    ]);
    const ids = dead.items.map(({ deliveryId }) => deliveryId);
    expect(await messages().redeliver([...ids, randomUUID()])).toBe(2);
    expect(await messages().redeliver(ids)).toBe(0);
    const anew = await messages().receive(ada, { limit: 5 });
    expect(anew.map(({ payload, attempt }) => [payload, attempt])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    await expect(messages().acknowledge(rejected)).rejects.toMatchObject({ code: "LEASE_LOST" });
  });

  it("never delivers what has expired, and settles it as such", async () => {
    const sent = await messages().sendMany([
      { toAgentId: ada, payload: "held", expiresInMs: 1_800_000 },
      { toAgentId: ada, payload: "gone", expiresInMs: 1_800_000 },
      { toAgentId: ada, payload: "stays" },
      { toAgentId: ada, payload: "born dead", expiresAt: new Date(0) },
    ]);
    expect(sent.map(({ recipients }) => recipients)).toEqual([1, 1, 1, 1]);
    const held = await receiveOne({ leaseMs: 7_200_000 });
    const { items } = await messages().inbox(ada, { state: "all" });
    await letTimePass(items.map(({ deliveryId }) => deliveryId));
    expect(await messages().receive(ada, { limit: 9 })).toMatchObject([{ payload: "stays" }]);
    expect((await messages().inbox(ada)).items.map(({ payload }) => payload)).toEqual(["stays"]);
    expect(await messages().reapExpired()).toBe(2);
    expect(await messages().reapExpired()).toBe(0);
    // Whoever had it before it expired may finish it.
    await messages().acknowledge(held);
    const outcomes = (await messages().inbox(ada, { state: "settled", order: "oldest" })).items;
    expect(outcomes.map(({ payload, outcome }) => [payload, outcome])).toEqual([
      ["held", "processed"],
      ["gone", "expired"],
      ["born dead", "expired"],
    ]);
  });

  it("acknowledges together with what else a transaction writes, or not at all", async () => {
    await sendMany(1);
    const received = await receiveOne();
    const undone = database().db.transaction(async (tx) => {
      await tx.messages.acknowledge(received);
      throw new RangeError("no");
    });
    await expect(undone).rejects.toThrow("no");
    await letTimePass([received.deliveryId]);
    expect((await receiveOne()).attempt).toBe(2);
  });

  it("purges deliveries only of messages older than the log keeps", async () => {
    await messages().send({ toAgentId: ada, payload: "old", sentAt: new Date("2020-01-01T00:00:00Z") });
    await messages().send({ toAgentId: ada, payload: "new" });
    expect(await messages().purgeDeliveries()).toBe(1);
    expect(await messages().purgeDeliveries()).toBe(0);
    expect((await messages().inbox(ada)).items.map(({ payload }) => payload)).toEqual(["new"]);
  });
});
