import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, createWorker, sql, type Transaction } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { registerAgents } from "../support/message-agents.ts";

describe.each(clusters())("tasks in a transaction on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const nobody = randomUUID();

  it.each<[string, string, (tx: Transaction, ids: { task: string; gone: string }) => Promise<unknown>]>([
    ["claimed by nobody", "NOT_FOUND", ({ tasks }) => tasks.claim({ agentId: nobody, taskTypes: ["kept"] })],
    [
      "claimed by an agent that is terminated",
      "WRONG_STATUS",
      ({ tasks }, { gone }) => tasks.claim({ agentId: gone, taskTypes: ["kept"] }),
    ],
    [
      "enqueued in a circle",
      "DEPENDENCY_CYCLE",
      ({ tasks }) => {
        const [first, second] = [randomUUID(), randomUUID()];
        return tasks.enqueueMany([
          { taskType: "refused", taskId: first, dependsOn: [second] },
          { taskType: "refused", taskId: second, dependsOn: [first] },
        ]);
      },
    ],
    [
      "enqueued in a circle with the line of their order key",
      "DEPENDENCY_CYCLE",
      ({ tasks }) => {
        const second = randomUUID();
        return tasks.enqueueMany([
          { taskType: "refused", orderKey: "k", dependsOn: [second] },
          { taskType: "refused", orderKey: "k", taskId: second },
        ]);
      },
    ],
    [
      "made to wait in a circle",
      "DEPENDENCY_CYCLE",
      async ({ tasks }, { task }) => {
        const { taskId } = await tasks.enqueue({ taskType: "kept", dependsOn: [task] });
        await tasks.addDependencies(task, [taskId]);
      },
    ],
    ["made to wait for nothing", "NOT_FOUND", ({ tasks }, { task }) => tasks.addDependencies(task, [nobody])],
    [
      "enqueued under the identifier of one of another type",
      "ALREADY_EXISTS",
      ({ tasks }, { task }) => tasks.enqueue({ taskType: "refused", taskId: task }),
    ],
  ])("that are %s are refused, and it goes on", async (_, code, refused) => {
    const { db } = database();
    const [gone = ""] = await registerAgents(db, ["gone"]);
    await db.agents.changeStatus(gone, { status: "terminated" });
    const taskId = await db.transaction(async (tx) => {
      const kept = await tx.tasks.enqueue({ taskType: "kept" });
      await expect(refused(tx, { task: kept.taskId, gone })).rejects.toMatchObject({
        name: "ClientError",
        code,
        hint: expect.stringMatching(/\w/),
      });
      await tx.tasks.reschedule([kept.taskId], { priority: "high" });
      return kept.taskId;
    });
    expect(await db.tasks.get(taskId)).toMatchObject({ priority: "high", status: "pending" });
    expect((await db.tasks.find({ taskTypes: ["refused"] })).items).toEqual([]);
  });

  it("are claimed by an agent that is there, and are nobody's when there are none", async () => {
    const { db } = database();
    const [agentId = ""] = await registerAgents(db, ["there"]);
    const request = { agentId, taskTypes: ["claimed"], limit: 5 };
    const { taskId } = await db.tasks.enqueue({ taskType: "claimed" });
    const claimed = await db.transaction(async (tx) => [
      await tx.tasks.claim(request),
      await tx.tasks.claim(request),
    ]);
    expect(claimed).toMatchObject([[{ taskId }], []]);
  });

  it("are looked at again by whoever has another level of isolation by default", async () => {
    const { db, url } = database();
    const [agentId = ""] = await registerAgents(db, ["default"]);
    const name = new URL(url).pathname.slice(1);
    const setting = (does: string) =>
      db.write.query({
        ...sql.type(z.object({}))``,
        sql: `ALTER DATABASE "${name}" ${does} default_transaction_isolation`,
      });
    await setting("SET default_transaction_isolation = 'repeatable read' -- ");
    try {
      await using strict = await createDatabase({ primary: { url } });
      const { taskId } = await strict.tasks.enqueue({ taskType: "strict" });
      const claimed = await strict.tasks.claim({ agentId, taskTypes: ["strict"] });
      const waiting = await strict.transaction(async (tx) => {
        await tx.tasks.get(taskId);
        const other = await strict.tasks.enqueue({ taskType: "waits", dependsOn: [taskId] });
        await tx.tasks.complete(claimed);
        return other.taskId;
      });
      await using worker = createWorker(strict, {
        agentId,
        handlers: { waits: async () => "done" },
        maintenanceIntervalMs: 50,
      });
      await worker.start();
      await expect
        .poll(async () => (await db.tasks.get(waiting))?.status, { timeout: 20_000 })
        .toBe("completed");
      const { agentId: idle } = await strict.agents.register({ agentType: "idle", agentName: "idle" });
      expect(await strict.agents.remove(idle)).toBe(true);
      expect(await strict.tasks.maintain()).toMatchObject({ revisitedTasks: expect.any(Number) });
    } finally {
      await setting("RESET");
    }
  });

  it.each(["repeatable read", "serializable"] as const)(
    "of %s are ended with what waits for them since, as soon as the upkeep looks",
    async (isolation) => {
      const { db } = database();
      const [agentId = ""] = await registerAgents(db, ["old"]);
      const { taskId } = await db.tasks.enqueue({ taskType: "first" });
      const claimed = await db.tasks.claim({ agentId, taskTypes: ["first"] });
      const second = await db.transaction(
        async (tx) => {
          await tx.tasks.get(taskId);
          const waiting = await db.tasks.enqueue({ taskType: "second", dependsOn: [taskId] });
          await tx.tasks.complete(claimed);
          return waiting.taskId;
        },
        { isolation },
      );
      expect((await db.tasks.maintain()).revisitedTasks).toBeGreaterThan(0);
      expect(await db.tasks.get(second)).toMatchObject({ status: "pending" });
    },
  );
});
