import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { registerAgents } from "../support/message-agents.ts";

const nobody = "00000000-0000-4000-8000-0000000000ff";

describe.each(clusters())("messages on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const messages = () => database().db.messages;
  const unique = (name: string) => `${name}-${randomUUID()}`;

  let ada = "";
  let bob = "";
  let eve = "";
  let coder = "";
  let tester = "";
  beforeEach(async () => {
    [coder, tester] = [unique("coder"), unique("tester")];
    const ids = await registerAgents(database().db, [coder, tester, tester]);
    [ada = "", bob = "", eve = ""] = ids;
  });

  const bodies = async (agentId: string) =>
    (await messages().inbox(agentId, { order: "oldest" })).items.map(({ payload }) => payload);
  const terminate = (agentId: string) =>
    database().db.write.query(
      sql.type(
        z.object({}),
      )`UPDATE agents.registry SET status = 'terminated' WHERE agent_id = ${agentId}::UUID`,
    );

  describe("a channel", () => {
    it("is opened once by many who open it at once, and found again as it is", async () => {
      const channelName = unique("news");
      const opened = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          messages().openChannel({ channelName, channelType: "topic", description: `by ${at}` }),
        ),
      );
      expect(new Set(opened.map(({ channelId }) => channelId)).size).toBe(1);
      const again = await messages().openChannel({ channelName, channelType: "topic", description: "new" });
      expect(again).toEqual(opened[0]);
      expect(await messages().getChannel({ channelName })).toEqual(opened[0]);
    });

    it("is not taken for one of another type", async () => {
      const channelName = unique("news");
      await messages().openChannel({ channelName, channelType: "topic" });
      await expect(messages().openChannel({ channelName, channelType: "queue" })).rejects.toMatchObject({
        code: "WRONG_STATUS",
        message: `channel "${channelName}" is of type topic, not queue`,
      });
    });

    it("takes messages while it is open, and only of its kind", async () => {
      const { channelId } = await messages().openChannel({ channelName: unique("q"), channelType: "queue" });
      await messages().publish({ channelId, payload: 1 });
      await expect(messages().send({ channelId, toAgentId: ada })).rejects.toMatchObject({
        code: "INVALID_INPUT",
      });
      const closed = await messages().changeChannel({ channelId }, { isActive: false, description: "over" });
      expect(closed).toMatchObject({ isActive: false, description: "over" });
      await expect(messages().publish({ channelId, payload: 2 })).rejects.toMatchObject({
        code: "WRONG_STATUS",
        message: expect.stringContaining("is closed"),
      });
      expect(await messages().receiveFrom({ channelId }, ada, { limit: 10 })).toHaveLength(1);
      await messages().changeChannel({ channelId }, { isActive: true });
      expect((await messages().getChannel({ channelId }))?.description).toBe("over");
    });

    it("is listed page by page, by type", async () => {
      const prefix = unique("list");
      for (const at of [3, 1, 2])
        await messages().openChannel({ channelName: `${prefix}-${at}`, channelType: "direct" });
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await messages().listChannels({ channelType: "direct", limit: 1, cursor });
        seen.push(...page.items.map(({ channelName }) => channelName));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(seen.filter((name) => name.startsWith(prefix))).toEqual(
        [1, 2, 3].map((at) => `${prefix}-${at}`),
      );
    });
  });

  describe("sending", () => {
    it("puts a direct message into one inbox, with all that was said", async () => {
      const sent = await messages().send({
        fromAgentId: ada,
        toAgentId: bob,
        subject: "plan.step",
        payload: { a: [1, null, "é𝄞"] },
        headers: { trace: "t" },
        priority: 7,
        messageType: "command",
      });
      expect(sent).toMatchObject({ recipients: 1, sentAt: expect.any(Date) });
      expect((await messages().inbox(bob)).items).toMatchObject([
        {
          messageId: sent.messageId,
          fromAgentId: ada,
          payload: { a: [1, null, "é𝄞"] },
          headers: { trace: "t" },
          priority: 7,
          messageType: "command",
          outcome: null,
          deliveryAttempts: 0,
        },
      ]);
      expect(await bodies(eve)).toEqual([]);
      expect(await messages().get(sent)).toMatchObject({ messageId: sent.messageId, subject: "plan.step" });
    });

    it("broadcasts to each agent of a type that lives, but the sender", async () => {
      const [gone = ""] = await registerAgents(database().db, [tester]);
      await terminate(gone);
      const sent = await messages().broadcast({ fromAgentId: eve, broadcastToType: tester, payload: "all" });
      expect(sent.recipients).toBe(1);
      expect(await bodies(bob)).toEqual(["all"]);
      expect(await bodies(eve)).toEqual([]);
      expect(await bodies(gone)).toEqual([]);
      expect(await messages().broadcast({ broadcastToType: unique("none") })).toMatchObject({
        recipients: 0,
      });
    });

    it.each([
      ["*", "a", true],
      ["*", "a.b", false],
      ["a.*", "a.b", true],
      ["a.*", "a", false],
      ["a.*.c", "a.b.c", true],
      ["a.*.c", "a.b.d", false],
      [">", "a.b.c", true],
      ["a.>", "a", false],
      ["a.>", "a.b.c", true],
      ["*.b.>", "a.b.c.d", true],
      ["a.%", "a.b", false],
      ["a_c", "abc", false],
      ["(a|b)+", "a", false],
      ["a'", "a'", true],
      ["'||'", "''", false],
    ])("matches the pattern %s with the subject %s: %s", async (messagePattern, subject, isMatch) => {
      const { channelId } = await messages().openChannel({ channelName: unique("t"), channelType: "topic" });
      await messages().subscribe({ agentId: bob, channelId, messagePattern });
      expect((await messages().publish({ channelId, subject })).recipients).toBe(isMatch ? 1 : 0);
    });

    it("publishes to those whose pattern and filters match, once to each", async () => {
      const { channelId } = await messages().openChannel({ channelName: unique("t"), channelType: "topic" });
      await messages().subscribe({ agentId: ada, channelId, messagePattern: "build.*" });
      await messages().subscribe({ agentId: ada, channelId, messagePattern: "build.>" });
      await messages().subscribe({
        agentId: bob,
        channelId,
        filters: {
          payload: { level: "high", tags: ["x"] },
          headers: { region: "eu" },
          messageType: "command",
        },
      });
      await messages().subscribe({ agentId: eve, channelId, filters: { fromAgentId: bob } });

      const content = { channelId, messageType: "command", headers: { region: "eu", more: 1 } } as const;
      const hit = await messages().publish({
        ...content,
        subject: "build.done",
        payload: { level: "high", tags: ["y", "x"] },
      });
      const miss = await messages().publish({ ...content, subject: "deploy", payload: { level: "low" } });
      const unnamed = await messages().publish({ ...content, fromAgentId: bob, payload: {} });
      expect([hit.recipients, miss.recipients, unnamed.recipients]).toEqual([2, 0, 1]);
    });

    it("stops reaching who has unsubscribed, and replaces the filters of who subscribes again", async () => {
      const { channelId, channelName } = await messages().openChannel({
        channelName: unique("t"),
        channelType: "topic",
      });
      const first = await messages().subscribe({ agentId: ada, channelId, filters: { priority: 9 } });
      expect((await messages().publish({ channelId })).recipients).toBe(0);
      const second = await messages().subscribe({ agentId: ada, channelName });
      expect(second).toMatchObject({ subscriptionId: first.subscriptionId, filters: {} });
      expect((await messages().listSubscriptions({ agentId: ada })).items).toEqual([second]);
      expect((await messages().publish({ channelId })).recipients).toBe(1);
      expect(await messages().unsubscribe({ agentId: ada, channelId })).toBe(1);
      expect(await messages().unsubscribe({ subscriptionId: first.subscriptionId })).toBe(0);
      expect((await messages().publish({ channelId })).recipients).toBe(0);
    });

    it("names the agent or channel that does not exist", async () => {
      const { channelId } = await messages().openChannel({ channelName: unique("t"), channelType: "topic" });
      const missing = (what: string) => ({ code: "NOT_FOUND", message: expect.stringContaining(what) });
      const { send, broadcast, publish, subscribe, receive, receiveFrom, changeChannel } = messages();
      await expect(send({ toAgentId: nobody })).rejects.toMatchObject(missing(`${nobody}, the recipient`));
      await expect(send({ fromAgentId: nobody, toAgentId: ada })).rejects.toMatchObject(
        missing(`${nobody}, the sender`),
      );
      await expect(broadcast({ broadcastToType: "x", channelName: "no such" })).rejects.toMatchObject(
        missing("channel no such"),
      );
      await expect(publish({ channelId: nobody })).rejects.toMatchObject(missing(`channel ${nobody}`));
      await expect(subscribe({ agentId: nobody, channelId })).rejects.toMatchObject(
        missing(`agent ${nobody}`),
      );
      await expect(subscribe({ agentId: ada, channelName: "no such" })).rejects.toMatchObject(
        missing("no such"),
      );
      await expect(receive(nobody)).rejects.toMatchObject(missing(`agent ${nobody}`));
      await expect(receiveFrom({ channelName: "no such" }, ada)).rejects.toMatchObject(missing("no such"));
      await expect(receiveFrom({ channelId }, nobody)).rejects.toMatchObject(missing(`agent ${nobody}`));
      await expect(changeChannel({ channelId: nobody }, {})).rejects.toMatchObject(missing(nobody));
    });

    it("refuses what cannot be stored or delivered, and says which part", async () => {
      const refused = (what: string) => ({ code: "INVALID_INPUT", message: expect.stringContaining(what) });
      const { send, publish, subscribe, receiveFrom } = messages();
      const { channelId } = await messages().openChannel({ channelName: unique("t"), channelType: "topic" });
      await expect(send({ toAgentId: ada, payload: { a: ["x\0"] } })).rejects.toMatchObject(
        refused("$.a[0]"),
      );
      await expect(send({ toAgentId: ada, headers: { a: "\0" } })).rejects.toMatchObject(refused("headers"));
      await expect(send({ toAgentId: ada, subject: "a\0b" })).rejects.toMatchObject(refused("U+0000"));
      await expect(send({ toAgentId: ada, subject: "a..b" })).rejects.toMatchObject(refused("not a subject"));
      await expect(send({ toAgentId: ada, subject: "a.*" })).rejects.toMatchObject(refused("not a subject"));
      await expect(send({ toAgentId: ada, priority: 11 })).rejects.toMatchObject(refused("priority"));
      await expect(publish({ payload: 1 })).rejects.toMatchObject(refused("channelId or channelName"));
      for (const messagePattern of ["a.>.b", "a*", "", ".", "a b"]) {
        await expect(subscribe({ agentId: ada, channelId, messagePattern })).rejects.toMatchObject(
          refused("messagePattern"),
        );
      }
      await expect(receiveFrom({ channelId }, ada)).rejects.toMatchObject({ code: "WRONG_STATUS" });
      expect(await bodies(ada)).toEqual([]);
    });

    it("refuses a message to an agent that is terminated", async () => {
      await terminate(bob);
      await expect(messages().send({ toAgentId: bob })).rejects.toMatchObject({
        code: "WRONG_STATUS",
        message: expect.stringContaining(bob),
      });
    });

    it("sends a thousand of all kinds in one statement, in their order", async () => {
      const topic = await messages().openChannel({ channelName: unique("t"), channelType: "topic" });
      const queue = await messages().openChannel({ channelName: unique("q"), channelType: "queue" });
      await messages().subscribe({ agentId: ada, channelId: topic.channelId });
      const given = Array.from({ length: 1000 }, (_, payload) => {
        if (payload % 4 === 0) return { toAgentId: ada, payload };
        if (payload % 4 === 1) return { broadcastToType: coder, payload };
        return { channelId: (payload % 4 === 2 ? topic : queue).channelId, payload };
      });
      const sent = await messages().sendMany(given);
      expect(sent).toHaveLength(1000);
      expect(sent.every(({ recipients }) => recipients === 1)).toBe(true);
      const inInbox = await messages().inbox(ada, { order: "oldest", limit: 1000 });
      expect(inInbox.items.map(({ payload }) => payload)).toEqual(
        given.map(({ payload }) => payload).filter((payload) => payload % 4 !== 3),
      );
      const taken = await messages().receiveFrom({ channelId: queue.channelId }, bob, { limit: 1000 });
      expect(taken.map(({ payload }) => payload)).toEqual(
        given.map(({ payload }) => payload).filter((payload) => payload % 4 === 3),
      );
    });

    it("sends all of many, or none, and names the one at fault", async () => {
      await expect(
        messages().sendMany([
          { toAgentId: ada, payload: 0 },
          { toAgentId: ada, payload: 1 },
          { toAgentId: nobody, payload: 2 },
        ]),
      ).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringMatching(/^message 2: agent /) });
      expect(await bodies(ada)).toEqual([]);
      expect(await messages().sendMany([])).toEqual([]);
    });

    it("is undone with its transaction, and seen by others only once that commits", async () => {
      const { db } = database();
      await db.transaction(async (tx) => {
        await tx.messages.send({ toAgentId: ada, payload: "in" });
        expect(await messages().receive(ada)).toEqual([]);
        expect((await tx.messages.inbox(ada)).items).toHaveLength(1);
      });
      expect(await bodies(ada)).toEqual(["in"]);
      const failed = db.transaction(async (tx) => {
        await tx.messages.send({ toAgentId: ada, payload: "undone" });
        throw new RangeError("changed my mind");
      });
      await expect(failed).rejects.toThrow("changed my mind");
      expect(await bodies(ada)).toEqual(["in"]);
    });

    it("only records what is not to be delivered", async () => {
      const sentAt = new Date("2020-02-03T04:05:06.789Z");
      const sent = await messages().send({ toAgentId: ada, payload: "past", sentAt, deliver: false });
      expect(sent).toMatchObject({ sentAt, recipients: 0 });
      expect(await bodies(ada)).toEqual([]);
      expect(await messages().get(sent)).toMatchObject({ payload: "past", sentAt });
    });
  });

  describe("a request", () => {
    it("is answered by its correlation, and whoever waits has the answer once", async () => {
      const asked = await messages().request({ fromAgentId: ada, toAgentId: bob, payload: "how many?" });
      const waiting = messages().awaitReply(asked);
      const [received] = await messages().receive(bob);
      if (received === undefined) throw new Error("the request did not arrive");
      expect(received).toMatchObject({ messageType: "query", correlationId: asked.correlationId });
      await messages().reply(received, { fromAgentId: bob, payload: 42 });
      expect(await waiting).toMatchObject({ payload: 42, messageType: "response", fromAgentId: bob });
      expect(await messages().receive(ada)).toEqual([]);
      const [answer] = await messages().replies(asked);
      expect(answer).toMatchObject({ payload: 42, processedAt: expect.any(Date) });
    });

    it("may be answered by many, on the channel it names", async () => {
      const inbound = await messages().openChannel({ channelName: unique("in"), channelType: "queue" });
      const asked = await messages().request({
        fromAgentId: ada,
        broadcastToType: tester,
        replyTo: inbound.channelName,
      });
      for (const agentId of [bob, eve]) {
        const [received] = await messages().receive(agentId);
        if (received === undefined) throw new Error("the request did not arrive");
        await messages().reply(received, { fromAgentId: agentId, payload: agentId });
      }
      const answers = await messages().replies(asked);
      expect(answers.map(({ payload }) => payload)).toEqual([bob, eve]);
      expect(await messages().receiveFrom(inbound, ada, { limit: 5 })).toHaveLength(2);
    });

    it("ends its waiting at its time or its signal", async () => {
      const asked = await messages().request({ fromAgentId: ada, toAgentId: bob });
      await expect(messages().awaitReply(asked, { timeoutMs: 30 })).rejects.toMatchObject({
        code: "TIMEOUT",
      });
      const controller = new AbortController();
      const waiting = messages().awaitReply(asked, { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    });

    it("ends its waiting at its time also when somebody holds the answer, or all connections", async () => {
      const { url, db } = database();
      const asked = await messages().request({ fromAgentId: ada, toAgentId: bob });
      const [received] = await messages().receive(bob);
      if (received === undefined) throw new Error("the request did not arrive");
      const { messageId } = await messages().reply(received, { fromAgentId: bob, payload: 1 });
      const timedOut = { code: "TIMEOUT", details: { correlationId: asked.correlationId, timeoutMs: 200 } };
      await db.transaction(async (tx) => {
        await tx.write.query(sql.type(z.object({}))`
          SELECT FROM messages.deliveries WHERE message_id = ${messageId}::UUID FOR UPDATE
        `);
        await expect(messages().awaitReply(asked, { timeoutMs: 200 })).rejects.toMatchObject(timedOut);
      });
      await using narrow = await createDatabase({ primary: { url, max: 1 } });
      await narrow.transaction(async () => {
        await expect(narrow.messages.awaitReply(asked, { timeoutMs: 200 })).rejects.toMatchObject(timedOut);
      });
      expect(await narrow.messages.awaitReply(asked)).toMatchObject({ payload: 1 });
    });

    it("is not answered with what has expired", async () => {
      const asked = await messages().request({ fromAgentId: ada, toAgentId: bob });
      const [received] = await messages().receive(bob);
      if (received === undefined) throw new Error("the request did not arrive");
      const { messageId } = await messages().reply(received, { fromAgentId: bob, payload: "late" });
      await database().db.write.query(sql.type(z.object({}))`
        UPDATE messages.log SET sent_at = sent_at, expires_at = sent_at + INTERVAL '1 ms'
        WHERE message_id = ${messageId}::UUID
      `);
      await expect(messages().awaitReply(asked, { timeoutMs: 50 })).rejects.toMatchObject({
        code: "TIMEOUT",
      });
      await messages().reply(received, { fromAgentId: bob, payload: "in time" });
      expect(await messages().awaitReply(asked)).toMatchObject({ payload: "in time" });
    });

    it("is answered with an error too, and with nothing that whoever waits would not see", async () => {
      const asked = await messages().request({ fromAgentId: ada, toAgentId: bob });
      const [received] = await messages().receive(bob);
      if (received === undefined) throw new Error("the request did not arrive");
      await expect(
        // @ts-expect-error a notification is no answer
        messages().reply(received, { fromAgentId: bob, messageType: "notification" }),
      ).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("messageType") });
      expect(await messages().replies(asked)).toEqual([]);
      await messages().reply(received, { fromAgentId: bob, messageType: "error", payload: "no idea" });
      expect(await messages().awaitReply(asked)).toMatchObject({ messageType: "error", payload: "no idea" });
    });

    it("needs somebody to answer to", async () => {
      await messages().send({ toAgentId: ada });
      const [received] = await messages().receive(ada);
      if (received === undefined) throw new Error("the message did not arrive");
      await expect(messages().reply(received, { payload: 1 })).rejects.toMatchObject({
        code: "INVALID_INPUT",
      });
    });
  });

  describe("the history", () => {
    it("streams a channel and a conversation in order, across days", async () => {
      const { channelId } = await messages().openChannel({ channelName: unique("d"), channelType: "direct" });
      const days = ["2021-01-03", "2021-01-01", "2021-01-02"].map((day) => new Date(`${day}T12:00:00Z`));
      for (const sentAt of days) {
        await messages().send({ channelId, fromAgentId: ada, toAgentId: bob, sentAt, payload: +sentAt });
        await messages().send({
          fromAgentId: bob,
          toAgentId: ada,
          sentAt: new Date(+sentAt + 1),
          payload: 1,
        });
      }
      const streamed: unknown[] = [];
      for await (const { payload } of messages().history({ channelId })) streamed.push(payload);
      expect(streamed).toEqual(days.map(Number).toSorted());
      const talk: unknown[] = [];
      for await (const { payload } of messages().history({ conversation: [bob, ada], order: "newest" }))
        talk.push(payload === 1 ? 1 : 0);
      expect(talk).toEqual([1, 0, 1, 0, 1, 0]);
      const page = await messages().list({
        channelId,
        since: new Date("2021-01-02T00:00:00Z"),
        until: new Date("2021-01-03T00:00:00Z"),
      });
      expect(page.items.map(({ payload }) => payload)).toEqual([Number(days[2])]);
    });
  });
});
