import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unknownId, useOperatedSystem, widestLine } from "./operated-system.ts";

describe.each(clusters())("smith messages on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const messages = () => system().db.messages;
  let ada = "";
  let bob = "";

  beforeAll(async () => {
    const { agents } = system().db;
    ({ agentId: ada } = await agents.register({ agentType: "crew", agentName: "ada" }));
    ({ agentId: bob } = await agents.register({ agentType: "crew", agentName: "bob" }));
  });
  beforeEach(async () => {
    await system().sql("TRUNCATE messages.log, messages.deliveries, messages.channels CASCADE");
  });

  const listed = async (line: string): Promise<string[]> => {
    const { code, json } = await system().smith(line);
    expect(code).toBe(0);
    return json.messages.map((one: { messageId: string }) => one.messageId);
  };
  const send = async (more: object = {}) =>
    (await messages().send({ fromAgentId: ada, toAgentId: bob, ...more })).messageId;
  const dead = async () => {
    await send({ subject: "build.done" });
    const [received] = await messages().receive(bob, { limit: 1 });
    if (received === undefined) throw new TypeError("there was nothing in the inbox");
    await messages().reject(received, { reason: "no \u001b[2Juse" });
    return received;
  };

  it("lists messages, the newest first, with all of their fields", async () => {
    const messageId = await send({
      subject: "build.done",
      payload: { ok: true },
      messageType: "command",
      priority: 7,
    });
    const { json } = await system().smith("messages list");
    expect(json).toMatchObject({
      nextCursor: null,
      messages: [
        {
          messageId,
          fromAgentId: ada,
          toAgentId: bob,
          messageType: "command",
          subject: "build.done",
          payload: { ok: true },
          priority: 7,
          sentAt: expect.stringMatching(/Z$/),
        },
      ],
    });
    const { stdout } = await system().text("messages list");
    for (const id of [messageId, ada, bob]) expect(stdout).toContain(id);
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("lists messages by who, what, where and when, and page by page", async () => {
    const { channelId } = await messages().openChannel({ channelName: "jobs", channelType: "queue" });
    const old = await send({ sentAt: new Date(Date.now() - 3_600_000) });
    const back = await send({ fromAgentId: bob, toAgentId: ada, messageType: "error" });
    const correlationId = randomUUID();
    const { messageId: job } = await messages().publish({ fromAgentId: ada, channelId, correlationId });
    expect(await listed("messages list")).toEqual([job, back, old]);
    expect(await listed("messages list --oldest-first")).toEqual([old, back, job]);
    expect(await listed(`messages list --from ${bob}`)).toEqual([back]);
    expect(await listed(`messages list --to ${bob}`)).toEqual([old]);
    expect(await listed("messages list --type error")).toEqual([back]);
    expect(await listed("messages list --channel jobs")).toEqual([job]);
    expect(await listed(`messages list --channel ${channelId}`)).toEqual([job]);
    expect(await listed(`messages list --correlation ${correlationId}`)).toEqual([job]);
    expect(await listed("messages list --since 30m")).toEqual([job, back]);
    expect(await listed("messages list --until 30m")).toEqual([old]);
    const { nextCursor } = (await system().smith("messages list --limit 2")).json;
    expect(await listed(`messages list --limit 2 --cursor ${nextCursor}`)).toEqual([old]);
  });

  it("lists the last day unless asked for more, and says so", async () => {
    const old = await send({ sentAt: new Date(Date.now() - 30 * 3_600_000) });
    expect(await system().text("messages list")).toEqual({
      code: 0,
      stdout: "",
      stderr: "no message of the last 24 hours is like that; --since looks further back\n",
    });
    expect(await listed("messages list --since 2d")).toEqual([old]);
  });

  it("shows a message, and how far it is with each of its recipients", async () => {
    const { messageId, deliveryId } = await dead();
    const { json } = await system().smith(`messages show ${messageId}`);
    expect(json).toMatchObject({
      message: { messageId, subject: "build.done" },
      deliveries: [
        { deliveryId, agentId: bob, outcome: "dead", deliveryAttempts: 1, reason: "no \u001b[2Juse" },
      ],
      deliveriesCursor: null,
    });
    const { sentAt } = json.message;
    expect((await system().smith(`messages show ${messageId} --sent-at ${sentAt}`)).code).toBe(0);
    expect((await system().smith(`messages show ${messageId} --sent-at 2020-01-01`)).code).toBe(8);
    const { stdout } = await system().text(`messages show ${messageId}`);
    expect(stdout).toContain("no \\u001b[2Juse");
    expect(stdout).not.toContain("\u001b");
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("lists the channels by name, of one type, and those that are closed", async () => {
    await messages().openChannel({ channelName: "news", channelType: "topic" });
    await messages().openChannel({ channelName: "jobs", channelType: "queue" });
    await messages().changeChannel({ channelName: "news" }, { isActive: false });
    const names = async (line: string) =>
      (await system().smith(line)).json.channels.map((one: { channelName: string }) => one.channelName);
    expect(await names("messages channels")).toEqual(["jobs", "news"]);
    expect(await names("messages channels --type queue")).toEqual(["jobs"]);
    expect(await names("messages channels --closed")).toEqual(["news"]);
    expect((await system().text("messages channels")).stdout).toMatch(/topic +closed +news/);
  });

  it("lists dead letters and delivers them again", async () => {
    const { deliveryId, messageId } = await dead();
    const { json } = await system().smith(`messages dead --agent ${bob}`);
    expect(json).toMatchObject({
      nextCursor: null,
      deliveries: [{ deliveryId, messageId, outcome: "dead" }],
    });
    const { stdout } = await system().text("messages dead");
    expect(stdout).toContain(deliveryId);
    expect(stdout).not.toContain("\u001b");
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
    expect((await system().smith(`messages dead --agent ${ada}`)).json.deliveries).toEqual([]);

    const line = `messages redeliver ${deliveryId} ${unknownId}`;
    expect(await system().smith(line)).toMatchObject({
      code: 8,
      json: { asked: 2, redelivered: 1 },
      stderr: "1 of 2 ids is of no dead letter\n",
    });
    expect(await messages().receive(bob)).toMatchObject([{ messageId, attempt: 1 }]);
    expect(await system().smith(`messages redeliver ${deliveryId}`)).toMatchObject({
      code: 8,
      json: { redelivered: 0 },
    });
  });

  it("lists the dead letters of a queue", async () => {
    const queue = await messages().openChannel({ channelName: "jobs", channelType: "queue" });
    await messages().publish({ fromAgentId: ada, channelId: queue.channelId });
    const [received] = await messages().receiveFrom(queue, bob);
    if (received === undefined) throw new TypeError("there was nothing in the queue");
    await messages().reject(received);
    await dead();
    const { json } = await system().smith("messages dead --queue jobs");
    expect(json.deliveries).toMatchObject([{ deliveryId: received.deliveryId, queueId: queue.channelId }]);
    expect((await system().smith(`messages redeliver ${received.deliveryId}`)).code).toBe(0);
  });

  it("settles what has expired, deletes what the log has no more, and nothing else", async () => {
    const kept = await send();
    const expired = await send({ expiresInMs: 3_600_000 });
    await system().sql(
      `UPDATE messages.deliveries SET expires_at = now() - INTERVAL '1 second' WHERE message_id = '${expired}';
       INSERT INTO messages.deliveries (message_id, sent_at, agent_id)
       VALUES (gen_random_uuid(), now() - INTERVAL '20 years', '${bob}')`,
    );
    expect(await system().smith("messages reap")).toMatchObject({ code: 0, json: { expired: 1, purged: 1 } });
    expect((await system().text("messages reap")).stdout).toBe("0 deliveries expired, 0 old ones deleted\n");
    expect((await messages().inbox(bob)).items).toMatchObject([{ messageId: kept }]);
    expect((await messages().deliveries({ messageId: expired })).items).toMatchObject([
      { outcome: "expired" },
    ]);
  });

  it.each([
    ["a message", `messages show ${unknownId}`],
    ["a channel", "messages list --channel nowhere"],
    ["a channel by its id", `messages list --channel ${unknownId}`],
    ["a queue", "messages dead --queue nowhere"],
  ])("ends with exit code 8 for %s that does not exist", async (_, line) => {
    expect(await system().smith(line)).toMatchObject({
      code: 8,
      json: { error: { code: "NOT_FOUND", hint: expect.stringContaining("smith messages") } },
    });
  });

  it.each([
    ["a time that is none", "messages list --since soon", "such as 2026-11-23T02:30:00Z"],
    ["a type that is none", "messages list --type gossip", "command, query"],
    ["a channel type that is none", "messages channels --type pipe", "broadcast, direct"],
    ["an id that is none", "messages show x", "expected an id"],
    ["ids that are none", "messages redeliver x", "x: expected an id"],
    [
      "the cursor of another order",
      `messages list --cursor ${Buffer.from('["messages, oldest first",[]]').toString("base64url")}`,
      "not a cursor",
    ],
  ])("refuses %s with exit code 2, and says what is allowed", async (_, line, words) => {
    const { code, json } = await system().smith(line);
    expect(json.error?.message).toContain(words);
    expect(code).toBe(2);
  });
});
