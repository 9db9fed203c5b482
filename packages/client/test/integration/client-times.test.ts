import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import type { Database, Transaction } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { saying, someEntity, someFact } from "../support/knowledge.ts";
import { registerAgents } from "../support/message-agents.ts";
import { vector } from "../support/vectors.ts";

type Call<Input> = (on: Transaction | Database, input: Input, agentId: string) => unknown;

const allOf = async (stream: AsyncIterable<unknown>) => {
  for await (const _ of stream);
};

describe.each(clusters())("times on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const stateKey = "times";
  const stateValue = 1;
  const message = { messageId: randomUUID() };
  const request = { correlationId: randomUUID() };
  const receipt = { deliveryId: randomUUID(), attempt: 1 };
  let agentId = "";
  beforeAll(async () => {
    [agentId = ""] = await registerAgents(database().db, ["timer"]);
  });

  /** Expects a call to be refused with its value and what would be right, in a transaction that goes on. */
  async function expectRefusal(
    call: (tx: Transaction) => unknown,
    value: string,
    remedy: RegExp,
  ): Promise<void> {
    await database().db.transaction(async (tx) => {
      const refused = (async () => await call(tx))();
      await expect(refused).rejects.toMatchObject({ name: "ClientError", code: "INVALID_INPUT" });
      const error = (await refused.catch((reason: unknown) => reason)) as Error & { hint?: string };
      expect(error.message).toContain(value);
      expect(`${error.message} ${error.hint}`).toMatch(remedy);
      await tx.state.put({ agentId, stateKey: "goes on", stateValue });
    });
  }

  const written: readonly [string, Call<Date>][] = [
    ["messages.send: expiresAt", (on, expiresAt, to) => on.messages.send({ toAgentId: to, expiresAt })],
    ["messages.send: sentAt", (on, sentAt, to) => on.messages.send({ toAgentId: to, sentAt })],
    ["messages.sendMany", (on, sentAt, to) => on.messages.sendMany([{ toAgentId: to, sentAt }])],
    ["messages.get", (on, sentAt) => on.messages.get({ ...message, sentAt })],
    ["messages.list: since", (on, since) => on.messages.list({ since })],
    ["messages.list: until", (on, until) => on.messages.list({ until })],
    ["messages.history", (on, since) => allOf(on.messages.history({ since }))],
    ["messages.replies", (on, sentAt) => on.messages.replies({ ...request, sentAt })],
    ["messages.awaitReply", (on, sentAt) => on.messages.awaitReply({ ...request, sentAt }, { timeoutMs: 1 })],
    ["state.put", (on, expiresAt, id) => on.state.put({ agentId: id, stateKey, stateValue, expiresAt })],
    [
      "state.putMany",
      (on, expiresAt, id) => on.state.putMany([{ agentId: id, stateKey, stateValue, expiresAt }]),
    ],
    [
      "state.putEach",
      (on, expiresAt, id) => on.state.putEach([{ agentId: id, stateKey, stateValue, expiresAt }]),
    ],
    ["state.patch", (on, expiresAt, id) => on.state.patch({ agentId: id, stateKey, patch: {}, expiresAt })],
    ["state.setExpiry", (on, expiresAt, id) => on.state.setExpiry({ agentId: id, stateKey, expiresAt })],
    [
      "tasks.claim: after",
      (on, after, id) =>
        on.tasks.claim({ agentId: id, taskTypes: ["timed"], after: [after, null, null, null, null] }),
    ],
  ];
  describe.each(written)("that are given to %s", (_, call) => {
    it.each([8.64e15, -8.64e15, Date.UTC(10_000, 0), Date.UTC(-1, 0)])(
      "are refused when they are %d",
      async (ms) => {
        const time = new Date(ms);
        await expectRefusal(
          (tx) => call(tx, time, agentId),
          time.toISOString(),
          /0001-01-01T.* to 9999-12-31T/,
        );
      },
    );

    it("are refused when they are none", async () => {
      await expectRefusal((tx) => call(tx, new Date(Number.NaN), agentId), "an invalid date", /as date/);
    });
  });

  const any: readonly [string, Call<Date>][] = [
    ["knowledge.record: validFrom", (on, validFrom) => on.knowledge.record(someFact({ validFrom }))],
    ["knowledge.record: validUntil", (on, validUntil) => on.knowledge.record(someFact({ validUntil }))],
    [
      "knowledge.recordMany",
      (on, validFrom) => on.knowledge.recordMany([someFact(), someFact({ validFrom })]),
    ],
    [
      "knowledge.supersede",
      (on, validFrom) => on.knowledge.supersede(randomUUID(), saying(1, { validFrom })),
    ],
    ["knowledge.retract", (on, validUntil) => on.knowledge.retract(randomUUID(), { validUntil })],
    ["knowledge.asOf: validAt", (on, validAt) => on.knowledge.asOf({ ...someEntity(), validAt })],
    [
      "knowledge.asOf: knownAt",
      (on, knownAt) => on.knowledge.asOf({ ...someEntity(), validAt: new Date(), knownAt }),
    ],
    ["knowledge.find", (on, validAt) => on.knowledge.find({ validAt })],
    ["knowledge.searchText", (on, validAt) => on.knowledge.searchText({ query: "a", validAt })],
    ["knowledge.stream", (on, validAt) => allOf(on.knowledge.stream({ validAt }))],
    [
      "knowledge.embeddings.search",
      (on, validAt) =>
        on.knowledge.embeddings.search({ embeddingModel: "m", embeddingVector: vector(1), validAt }),
    ],
  ];
  describe.each(any)("that are given to %s", (_, call) => {
    it.each([8.64e15, -8.64e15, Date.UTC(-4713, 10, 23)])("are refused when they are %d", async (ms) => {
      const time = new Date(ms);
      await expectRefusal(
        (tx) => call(tx, time, agentId),
        time.toISOString(),
        /-004713-11-24T.* to \+275760-09-12T/,
      );
    });

    it("are refused when they are none", async () => {
      await expectRefusal(
        (tx) => call(tx, new Date(Number.NaN), agentId),
        "an invalid date",
        /as date|or a time from/,
      );
    });
  });

  it.each([Date.UTC(-4713, 10, 24), Date.UTC(-44, 2, 15), Date.UTC(275_760, 8, 12)])(
    "of facts may be as old and as far ahead as %d",
    async (ms) => {
      const { knowledge } = database().db;
      const validFrom = new Date(ms);
      const fact = await knowledge.record(someFact({ validFrom }));
      expect(fact.validFrom).toEqual(validFrom);
      const { entityType, entityId } = fact;
      expect(await knowledge.asOf({ entityType, entityId, validAt: validFrom })).toEqual([fact]);
    },
  );

  it.each([Date.UTC(9999, 11, 31, 23, 59, 59, 999), new Date("0001-01-01").getTime()])(
    "of messages may be as far off as %d",
    async (ms) => {
      const { messages } = database().db;
      const sentAt = new Date(ms);
      const sent = await messages.send({ toAgentId: agentId, sentAt, expiresInMs: 31_556_952_000_000 });
      expect(sent.sentAt).toEqual(sentAt);
      expect(await messages.get(sent)).toMatchObject({ messageId: sent.messageId, sentAt });
    },
  );

  const durations: readonly [string, Call<number>][] = [
    ["messages.send: expiresInMs", (on, expiresInMs, to) => on.messages.send({ toAgentId: to, expiresInMs })],
    ["messages.receive: leaseMs", (on, leaseMs, id) => on.messages.receive(id, { leaseMs })],
    ["messages.extendLease", (on, leaseMs) => on.messages.extendLease(receipt, leaseMs)],
    ["messages.requeue", (on, delayMs) => on.messages.requeue(receipt, { delayMs })],
    ["state.put", (on, ttlMs, id) => on.state.put({ agentId: id, stateKey, stateValue, ttlMs })],
    ["state.setExpiry", (on, ttlMs, id) => on.state.setExpiry({ agentId: id, stateKey, ttlMs })],
    ["sessions.create", (on, expiresInMs) => on.sessions.create({ userId: "ada", expiresInMs })],
    ["sessions.touch: extendMs", (on, extendMs) => on.sessions.touch("no token", { extendMs })],
    [
      "sessions.touch: maxLifetimeMs",
      (on, maxLifetimeMs) => on.sessions.touch("no token", { maxLifetimeMs }),
    ],
    [
      "sessions.touch: atMostEveryMs",
      (on, atMostEveryMs) => on.sessions.touch("no token", { atMostEveryMs }),
    ],
    ["checkpoints.prune", (on, olderThanMs) => on.checkpoints.prune({ olderThanMs })],
    ["agents.find", (on, silentForMs) => on.agents.find({ silentForMs })],
    ["agents.stale", (on, silentForMs) => on.agents.stale({ silentForMs })],
  ];
  describe.each(durations)("that last, given to %s,", (_, call) => {
    it.each([1e300, Number.POSITIVE_INFINITY, Number.NaN])("are refused when they last %d", async (ms) => {
      await expectRefusal((tx) => call(tx, ms, agentId), String(ms), /Give .*(at most|more than|as )/);
    });
  });

  it.each<[string, Call<number>]>([
    ["messages.receive: maxAttempts", (on, maxAttempts, id) => on.messages.receive(id, { maxAttempts })],
    ["messages.acknowledge: attempt", (on, attempt) => on.messages.acknowledge({ ...receipt, attempt })],
  ])("are counted no further than a column can: %s", async (_, call) => {
    await expectRefusal((tx) => call(tx, 2 ** 31, agentId), String(2 ** 31), /at most 2147483647/);
  });

  const lists: readonly [string, string, Call<string>][] = [
    ["inbox, newest first", "messages.inbox", (on, cursor, id) => on.messages.inbox(id, { cursor })],
    [
      "inbox, oldest first",
      "messages.inbox",
      (on, cursor, id) => on.messages.inbox(id, { cursor, order: "oldest" }),
    ],
    ["messages, newest first", "messages.list", (on, cursor) => on.messages.list({ cursor })],
    ["dead letters", "messages.deadLetters", (on, cursor) => on.messages.deadLetters({ cursor })],
    ["sessions", "sessions.list", (on, cursor) => on.sessions.list({ cursor })],
    ["checkpoints", "checkpoints.list", (on, cursor, id) => on.checkpoints.list({ agentId: id, cursor })],
    [
      "state history",
      "state.history",
      (on, cursor, id) => on.state.history({ agentId: id, stateKey, cursor }),
    ],
    ["facts", "knowledge.find", (on, cursor) => on.knowledge.find({ cursor })],
    ["agents", "agents.find", (on, cursor) => on.agents.find({ cursor })],
    ["agent events", "agents.events", (on, cursor, id) => on.agents.events({ agentId: id, cursor })],
  ];
  describe.each(lists)("in cursors of %s", (list, _, call) => {
    const cursorAt = (time: string) =>
      Buffer.from(JSON.stringify([list, [time, randomUUID()]])).toString("base64url");

    it.each([
      "2026-02-30T00:00:00.000000Z",
      "2026-13-01T00:00:00.000000Z",
      "2026-01-01T24:00:00.000001Z",
      "2026-01-01T00:00:61.000000Z",
      "0000-01-01T00:00:00.000000Z",
      "999999-01-01T00:00:00.000000Z",
      "000001-01-01T00:00:00.000000Z",
    ])("are refused when there is none such: %s", async (time) => {
      const cursor = cursorAt(time);
      await expectRefusal(
        (tx) => call(tx, cursor, agentId),
        cursor,
        /Give the `nextCursor` of the page before/,
      );
    });

    it.each(["0001-01-01T00:00:00.000000Z", "2024-02-29T23:59:59.999999Z", "12026-01-01T00:00:00.000001Z"])(
      "lead to what comes after them: %s",
      async (time) => {
        await call(database().db, cursorAt(time), agentId);
      },
    );
  });
});
