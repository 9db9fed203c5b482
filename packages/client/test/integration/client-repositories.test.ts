import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Database, sql, type Transaction } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { someFact } from "../support/knowledge.ts";
import { registerAgents } from "../support/message-agents.ts";

describe.each(clusters())("a transaction on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  it("asks on the connection that it holds", async () => {
    const { db } = database();
    const pid = sql.type(z.object({ pid: z.int() }))`SELECT pg_backend_pid() AS pid`;
    const pids = await db.transaction(async (tx) => [await tx.oneFirst(pid), await tx.read.oneFirst(pid)]);
    expect(pids[0]).toBe(pids[1]);
  });

  const nobody = randomUUID();
  const task = { taskType: "refused" };
  const named = { agentType: "tester", agentName: "of nobody" };
  it.each<[string, (tx: Transaction, taskId: string, agentId: string) => Promise<unknown>, string]>([
    ["a parent", ({ agents }) => agents.register({ ...named, parentAgentId: nobody }), nobody],
    ["who triggered it", ({ agents }) => agents.register({ ...named, triggeredBy: nobody }), nobody],
    [
      "a parent, of many",
      ({ agents }, _, agentId) =>
        agents.registerMany([
          { ...named, agentId },
          { ...named, parentAgentId: nobody },
        ]),
      nobody,
    ],
    [
      "who triggered a change",
      ({ agents }, _, agentId) => agents.changeStatus(agentId, { status: "active", triggeredBy: nobody }),
      nobody,
    ],
    ["what a task waits for", ({ tasks }) => tasks.enqueue({ ...task, dependsOn: [nobody] }), nobody],
    ["a task's parent", ({ tasks }) => tasks.enqueue({ ...task, parentTaskId: nobody }), nobody],
    [
      "a task's agent",
      ({ tasks }) => tasks.enqueueMany([task, { ...task, assignedAgentId: nobody }]),
      "[1].assignedAgentId",
    ],
    ["what a task waits for too", ({ tasks }, taskId) => tasks.addDependencies(taskId, [nobody]), nobody],
    ["a future", ({ tasks }) => tasks.enqueue({ ...task, expiresAt: new Date(0) }), "1970-01-01"],
    [
      "the agent of a session",
      ({ sessions }) => sessions.create({ agentId: nobody, expiresInMs: 60_000 }),
      nobody,
    ],
    [
      "the agent of a session, one of so many",
      ({ sessions }) => sessions.create({ agentId: nobody, expiresInMs: 60_000, maxPerOwner: 1 }),
      nobody,
    ],
    [
      "that nothing refers to an agent",
      async ({ agents }, _, agentId) => {
        await agents.register({ ...named, parentAgentId: agentId });
        await agents.remove(agentId);
      },
      "rows of agents.registry refer to it",
    ],
    ["a source", ({ knowledge }) => knowledge.record(someFact({ sourceAgentId: nobody })), nobody],
    [
      "an end after the beginning, which is the server's",
      ({ knowledge }) =>
        atHalfPastMidnightOf1970(() => knowledge.record(someFact({ validUntil: new Date(3_600_000) }))),
      "1970-01-01T01:00:00.000Z",
    ],
    [
      "an end after the beginning, for one of many",
      ({ knowledge }) =>
        atHalfPastMidnightOf1970(() =>
          knowledge.recordMany([someFact(), someFact({ validUntil: new Date(3_600_000) })]),
        ),
      "fact 1",
    ],
    [
      "an end after the beginning, which is that of a fact of the future",
      async ({ knowledge }) => {
        const { factId } = await knowledge.record(someFact({ validFrom: new Date("2999-01-02") }));
        await knowledge.supersede(factId, { objectValue: 2, validUntil: new Date("2999-01-01") });
      },
      "2999-01-01",
    ],
  ])("goes on when something that needs %s is refused, and keeps the rest", async (_, refused, naming) => {
    const { db } = database();
    const [agentId = ""] = await registerAgents(db, ["tester"]);
    const taskId = await db.transaction(async (tx) => {
      const kept = await tx.tasks.enqueue({ taskType: "kept" });
      await expect(refused(tx, kept.taskId, agentId)).rejects.toMatchObject({
        name: "ClientError",
        message: expect.stringContaining(naming),
      });
      await tx.tasks.reschedule([kept.taskId], { priority: "high" });
      return kept.taskId;
    });
    expect(await db.tasks.get(taskId)).toMatchObject({ priority: "high" });
    expect((await db.tasks.find({ taskTypes: ["refused"] })).items).toEqual([]);
  });

  it("revokes no other session for one that is refused", async () => {
    const { db } = database();
    const input = { userId: "ada", expiresInMs: 60_000, maxPerOwner: 1 };
    const { session } = await db.sessions.create(input);
    await expect(db.sessions.create({ ...input, agentId: nobody })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(nobody),
    });
    expect(await db.sessions.get(session.sessionId)).toEqual(session);
  });

  it("takes for known who is registered in the same call", async () => {
    const agentId = randomUUID();
    const agents = [
      { ...named, agentId },
      { ...named, triggeredBy: agentId },
    ];
    const registered = await database().db.transaction((tx) => tx.agents.registerMany(agents));
    expect(registered).toMatchObject([{ created: true }, { created: true }]);
  });

  it.each<[string, (on: Database) => Promise<unknown>]>([
    ["a checkpoint to restore", ({ checkpoints }) => checkpoints.restore(nobody)],
    ["the agent of a checkpoint", ({ checkpoints }) => checkpoints.create({ agentId: nobody })],
    ["a fact to supersede", ({ knowledge }) => knowledge.supersede(nobody, { objectValue: 1 })],
    ["an agent to change", ({ agents }) => agents.changeStatus(nobody, { status: "active" })],
  ])("tells the caller what to do when %s does not exist", async (_, call) => {
    await expect(call(database().db)).rejects.toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringMatching(/\w/),
    });
  });

  it("enqueues what is there already whatever it named, and waits for tasks of the same call", async () => {
    const { db } = database();
    const [first, second] = [randomUUID(), randomUUID()];
    const waiting = { taskType: "kept", taskId: second, dependsOn: [first] };
    await db.transaction((tx) => tx.tasks.enqueueMany([{ taskType: "kept", taskId: first }, waiting]));
    const again = await db.transaction((tx) => tx.tasks.enqueue({ ...waiting, dependsOn: [nobody] }));
    expect(again).toEqual({ taskId: second, isNew: false });
  });
});

// What this machine takes for the future is the past for the server.
async function atHalfPastMidnightOf1970(work: () => Promise<unknown>): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000 });
  try {
    await work();
  } finally {
    vi.useRealTimers();
  }
}
