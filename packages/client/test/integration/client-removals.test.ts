import { clusters } from "@mister-smith/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Messages, type SentMessage, sql, type Transaction } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { someFact } from "../support/knowledge.ts";
import { registerAgents } from "../support/message-agents.ts";

describe.each(clusters())("an agent that is removed on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);

  beforeAll(async () => {
    const { messages } = database().db;
    await messages.openChannel({ channelName: "news", channelType: "topic" });
  });

  const waits = sql.type(z.object({}))`
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

  it.each<[string, (tx: Transaction, agentId: string, other: string) => Promise<unknown>]>([
    [
      "for whom a session begins",
      ({ sessions }, agentId) => sessions.create({ agentId, expiresInMs: 60_000 }),
    ],
    ["of whom a checkpoint is taken", ({ checkpoints }, agentId) => checkpoints.create({ agentId })],
    ["whose state is written", ({ state }, agentId) => state.put({ agentId, stateKey: "a", stateValue: 1 })],
    ["who is the source of a fact", ({ knowledge }, id) => knowledge.record(someFact({ sourceAgentId: id }))],
    [
      "who is the source of a fact that supersedes another",
      async ({ knowledge }, id) => {
        const { factId } = await knowledge.record(someFact());
        await knowledge.supersede(factId, { objectValue: 2, sourceAgentId: id });
      },
    ],
    ["who subscribes", ({ messages }, agentId) => messages.subscribe({ agentId, channelName: "news" })],
    ["to whom a message is sent", ({ messages }, agentId) => messages.send({ toAgentId: agentId })],
    [
      "who sends a message",
      ({ messages }, id, other) =>
        messages.sendMany([{ toAgentId: other }, { toAgentId: other, fromAgentId: id }]),
    ],
    [
      "who is a parent",
      ({ agents }, id) => agents.register({ agentType: "child", agentName: "child", parentAgentId: id }),
    ],
  ])("%s is named to whoever wrote meanwhile, whose transaction goes on", async (_, write) => {
    const { db } = database();
    const [gone = "", other = ""] = await registerAgents(db, ["leaver", "stayer"]);
    const kept = await whileRemoved(gone, () =>
      db.transaction(async (tx) => {
        await expect(write(tx, gone, other)).rejects.toMatchObject({
          name: "ClientError",
          code: "NOT_FOUND",
          message: expect.stringContaining(gone),
        });
        return await tx.state.put({ agentId: other, stateKey: "kept", stateValue: true });
      }),
    );
    expect(kept).toMatchObject({ agentId: other, stateKey: "kept" });
  });

  it.each<[string, (messages: Messages, type: string) => Promise<SentMessage>]>([
    ["its type", (messages, type) => messages.broadcast({ broadcastToType: type })],
    ["a topic", (messages) => messages.publish({ channelName: "news", subject: "weather" })],
  ])("gets no message that is sent meanwhile to %s, and all others get it", async (to, send) => {
    const { db } = database();
    const type = `reader of ${to}`;
    const [gone = "", other = ""] = await registerAgents(db, [type, type]);
    for (const agentId of [gone, other]) await db.messages.subscribe({ agentId, channelName: "news" });
    const sent = await whileRemoved(gone, () => db.transaction((tx) => send(tx.messages, type)));
    expect(sent.recipients).toBe(1);
    expect((await db.messages.inbox(other)).items).toMatchObject([{ messageId: sent.messageId }]);
    await db.messages.unsubscribe({ agentId: other });
  });

  /** Runs work beside a transaction that has removed an agent, and commits that when the work waits for it. */
  async function whileRemoved<Result>(agentId: string, work: () => Promise<Result>): Promise<Result> {
    const { db } = database();
    const removed = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const removal = db.transaction(async (tx) => {
      await tx.agents.remove(agentId);
      removed.resolve();
      await mayCommit.promise;
    });
    await removed.promise;
    const result = work();
    try {
      await eventually("the writer waits for the removal", () => db.write.exists(waits));
    } finally {
      mayCommit.resolve();
    }
    await removal;
    return await result;
  }
});
