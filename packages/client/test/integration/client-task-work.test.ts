import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import pg from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { type WorkerLab, workerLab } from "../support/worker-lab.ts";

describe.each(clusters())("the work on tasks on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  let lab: WorkerLab;
  beforeEach(async () => {
    lab = await workerLab(database().db);
  });
  const tasks = () => database().db.tasks;
  const claim = (limit = 1, leaseMs = 30_000) =>
    tasks().claim({ agentId: lab.agentId, taskTypes: [lab.taskType], limit, leaseMs });
  const claimOne = async (leaseMs?: number) => {
    const [task] = await claim(1, leaseMs);
    if (task === undefined) throw new Error("there is nothing to claim");
    return task;
  };
  /** Ends a lease now, as if its time had passed. */
  const endLease = (taskId: string) =>
    database().db.write.query(
      sql.type(z.object({}))`
        UPDATE tasks.leases SET expires_at = clock_timestamp() - INTERVAL '1 second' WHERE task_id = ${taskId}::UUID
      `,
    );

  it("is given out by priority, then age, and each task once", async () => {
    const { taskType } = lab;
    const [low, high, normal] = await tasks().enqueueMany([
      { taskType, priority: "low" },
      { taskType, priority: "high" },
      { taskType },
    ]);
    const claimed = await Promise.all([claim(2), claim(2)]);
    expect(
      claimed
        .flat()
        .map(({ taskId }) => taskId)
        .toSorted(),
    ).toEqual([low, high, normal].map((task) => task?.taskId).toSorted());
    expect(claimed.flat()[0]).toMatchObject({
      taskType,
      maxExecutionMs: 3_600_000,
      retryCount: 0,
    });
  });

  it("is given out by priority over all types that are asked for, then in the order of the types, then by age", async () => {
    const [a, b, c] = [lab.taskType, `b-${randomUUID()}`, `c-${randomUUID()}`];
    const enqueued = await tasks().enqueueMany([
      { taskType: a, priority: "low" },
      { taskType: a, priority: "normal" },
      { taskType: b, priority: "critical" },
      { taskType: b, priority: "low" },
      { taskType: b, priority: "high" },
      { taskType: b, priority: "high" },
      { taskType: c, priority: "normal" },
      { taskType: c, priority: "urgent" },
    ]);
    const places = new Map(enqueued.map(({ taskId }, at) => [taskId, at]));
    const claimPlaces = async (limit: number) => {
      const claimed = await tasks().claim({ agentId: lab.agentId, taskTypes: [a, b, c], limit });
      return claimed.map(({ taskId }) => places.get(taskId));
    };
    expect(await claimPlaces(1)).toEqual([2]);
    expect(await claimPlaces(5)).toEqual([7, 4, 5, 1, 6]);
    expect(await claimPlaces(5)).toEqual([0, 3]);
  });

  it("passes over a type that has reached its limit, however urgent its tasks are", async () => {
    const urgent = `urgent-${randomUUID()}`;
    await tasks().setLimits(urgent, { maxRunning: 2 });
    await tasks().enqueueMany([
      { taskType: lab.taskType, priority: "low" },
      { taskType: urgent, priority: "critical" },
      { taskType: urgent, priority: "urgent" },
      { taskType: urgent, priority: "high" },
    ]);
    const claimed = await tasks().claim({
      agentId: lab.agentId,
      taskTypes: [lab.taskType, urgent],
      limit: 4,
    });
    expect(claimed.map(({ priority }) => priority)).toEqual(["critical", "urgent", "low"]);
  });

  it("of one's own comes before anybody's of the same priority, and after anybody's of a higher one", async () => {
    const { taskType, agentId } = lab;
    const enqueued = await tasks().enqueueMany([
      { taskType },
      { taskType, priority: "high" },
      { taskType, priority: "low", assignedAgentId: agentId },
      { taskType, assignedAgentId: agentId },
    ]);
    const claimed = await claim(4);
    expect(claimed.map(({ taskId }) => taskId)).toEqual([1, 3, 0, 2].map((at) => enqueued[at]?.taskId));
  });

  it("is taken from a worker whose lease ran out by whoever claims next, and the attempt is on record", async () => {
    const { taskType } = lab;
    const { taskId } = await tasks().enqueue({ taskType, retry: { delayMs: 0 } });
    const dead = await claimOne();
    await endLease(taskId);
    const taken = await claimOne();
    expect(taken).toMatchObject({ taskId, retryCount: 1 });
    expect(taken.fencingToken).toBeGreaterThan(dead.fencingToken);
    expect(await tasks().complete([dead])).toEqual([]);
    expect(await lab.attempts(taskId)).toEqual([
      { status: "failed", errorMessage: "the lease ran out: the worker was not heard of" },
    ]);
  });

  it("goes by its retries when a claim finds that its lease ran out", async () => {
    const { taskType } = lab;
    const [once, later] = await tasks().enqueueMany([
      { taskType, maxRetries: 0 },
      { taskType, retry: { delayMs: 3_600_000 } },
    ]);
    for (const task of await claim(2)) await endLease(task.taskId);
    expect(await claim(2)).toEqual([]);
    expect(await lab.status(once?.taskId ?? "")).toBe("failed");
    expect(await tasks().get(later?.taskId ?? "")).toMatchObject({ status: "pending", retryCount: 1 });
    expect(await tasks().running()).not.toContainEqual(expect.objectContaining({ taskType }));
  });

  it("makes room within the limit of its type when a lease ran out", async () => {
    const { taskType } = lab;
    await tasks().setLimits(taskType, { maxRunning: 1 });
    const [first = "", second] = await lab.enqueue(1, 2);
    await claimOne();
    expect(await claim()).toEqual([]);
    await tasks().reschedule([second ?? ""], { priority: "high" });
    await endLease(first);
    expect((await claimOne()).taskId).toBe(second);
  });

  it("stays with a worker whose lease ran out while nobody else asks for it, also when it completes it late", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    const late = await claimOne();
    await endLease(taskId);
    // Of another type: nobody has asked for this one.
    await tasks().claim({ agentId: lab.agentId, taskTypes: [`other-${randomUUID()}`] });
    expect(await tasks().complete([late])).toEqual([taskId]);
    expect(await lab.status(taskId)).toBe("completed");
  });

  it("is not waited for when its lease ran out and somebody holds it", async () => {
    const [held = "", free = ""] = await lab.enqueue(1, 2);
    await claim(2);
    await endLease(held);
    await endLease(free);
    await database().db.transaction(async (tx) => {
      await tx.write.query(sql.type(z.object({}))`
        SELECT FROM tasks.queue WHERE task_id = ${held}::UUID FOR UPDATE
      `);
      expect((await claim(2)).map(({ taskId }) => taskId)).toEqual([free]);
    });
    expect((await claim(2)).map(({ taskId }) => taskId)).toEqual([held]);
  });

  it("is taken back though as many as are looked for at once are held", async () => {
    const ids = await lab.enqueue(1, 2);
    await claim(2);
    for (const taskId of ids) await endLease(taskId);
    const taken = sql.type(z.object({ count: z.int() }))`
      SELECT tasks.expire_leases_of((SELECT array_agg(DISTINCT q.task_type::TEXT) FROM tasks.queue AS q
        WHERE q.task_id = ANY (${sql.array(ids, "uuid")})), 1) AS count`;
    for (const held of ids) {
      await database().db.transaction(async (tx) => {
        await tx.write.query(sql.type(z.object({}))`
          SELECT FROM tasks.queue WHERE task_id = ${held}::UUID FOR UPDATE
        `);
        const undone = database().db.transaction(async (other) => {
          expect(await other.write.oneFirst(taken)).toBe(1);
          throw new Error("undone");
        });
        await expect(undone).rejects.toThrow("undone");
      });
    }
  });

  it("keeps results, failures and their details", async () => {
    const ids = await lab.enqueue(1, 2);
    const [first, second] = await claim(2);
    if (first === undefined || second === undefined) throw new Error("both were enqueued");
    const result = { text: 'a "quote", a \\ and {braces}', list: [1, null] };
    expect(await tasks().complete([{ ...first, result }])).toEqual([first.taskId]);
    const [failed] = await tasks().fail([
      { ...second, message: "no luck", details: { code: 7 }, retryDelayMs: 60_000 },
    ]);
    expect(failed).toMatchObject({ taskId: second.taskId, status: "pending", scheduledAt: expect.any(Date) });
    const [done] = await tasks().executions(ids[0] ?? "");
    expect(done).toMatchObject({ status: "completed", result });
    const [tried] = await tasks().executions(ids[1] ?? "");
    expect(tried).toMatchObject({ status: "failed", errorMessage: "no luck", errorDetails: { code: 7 } });
  });

  it("refuses a worker whose lease ran out, whatever it wants to do", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    const frozen = await claimOne();
    await endLease(taskId);
    await tasks().maintain();
    // The failed attempt leaves the task ready again.
    await tasks().reschedule([taskId], { scheduledAt: null });
    const second = await claimOne();
    expect(second.fencingToken).toBeGreaterThan(frozen.fencingToken);

    expect(await tasks().heartbeat([frozen], 30_000)).toEqual([]);
    expect(await tasks().complete([{ ...frozen, result: "late" }])).toEqual([]);
    expect(await tasks().fail([{ ...frozen, message: "late" }])).toEqual([]);
    expect(await tasks().release([frozen])).toEqual([]);
    expect(await tasks().complete([{ ...second, result: "in time" }])).toEqual([taskId]);

    expect(await lab.status(taskId)).toBe("completed");
    const attempts = await tasks().executions(taskId);
    expect(attempts.map(({ status, result }) => ({ status, result }))).toEqual([
      { status: "failed", result: null },
      { status: "completed", result: "in time" },
    ]);
  });

  it("tells an old attempt from the one that is held when both end in one statement", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    const old = await claimOne();
    await tasks().release([old]);
    const held = await claimOne();
    expect(
      await tasks().complete([
        { ...old, result: "old" },
        { ...held, result: "held" },
      ]),
    ).toEqual([taskId]);
    const results = (await tasks().executions(taskId)).map(({ status, result }) => ({ status, result }));
    expect(results).toEqual([
      { status: "cancelled", result: null },
      { status: "completed", result: "held" },
    ]);
  });

  it("does not end an attempt twice in one statement", async () => {
    await lab.enqueue(1);
    const task = await claimOne();
    await expect(tasks().complete([task, task])).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  it("completes a task whose heartbeat is just being written", async () => {
    await lab.enqueue(1);
    const task = await claimOne();
    const client = new pg.Client(database().url);
    await client.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT * FROM tasks.heartbeat(ARRAY[$1::UUID], ARRAY[$2::BIGINT])", [
        task.taskId,
        String(task.fencingToken),
      ]);
      const completing = tasks().complete([task]);
      await waitsForLock(client);
      await client.query("COMMIT");
      expect(await completing).toEqual([task.taskId]);
    } finally {
      await client.end();
    }
  });

  it("gives back tasks without counting a retry", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    await tasks().release([await claimOne()]);
    expect(await tasks().get(taskId)).toMatchObject({ status: "pending", retryCount: 0 });
    expect((await claimOne()).retryCount).toBe(0);
    expect(await lab.attempts(taskId)).toMatchObject([{ status: "cancelled" }]);
  });

  it("records progress and tells that a cancel was asked for", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    const task = await claimOne();
    await tasks().heartbeat([{ ...task, progress: { percent: 40 } }], 60_000);
    expect(await tasks().cancel([taskId])).toEqual([{ taskId, outcome: "requested" }]);
    const [lease] = await tasks().heartbeat([task], 60_000);
    expect(lease).toMatchObject({ taskId, cancelRequested: true });
    const running = (await tasks().running()).find((other) => other.taskId === taskId);
    expect(running).toMatchObject({ progress: { percent: 40 }, cancelRequested: true });
    await tasks().fail([{ ...task, message: "stopped" }]);
    expect(await lab.status(taskId)).toBe("cancelled");
  });

  it("cancels tasks that expired though a worker has looked at them meanwhile", async () => {
    const { taskType } = lab;
    const { taskId } = await tasks().enqueue({ taskType, expiresInMs: 1, uniqueKey: "once" });
    await database().db.write.query(sql.type(z.object({}))`SELECT pg_catalog.pg_sleep(0.01)`);
    expect(await claim()).toEqual([]);
    await tasks().maintain();
    expect(await lab.status(taskId)).toBe("cancelled");
    expect((await tasks().enqueue({ taskType, uniqueKey: "once" })).isNew).toBe(true);
  });

  it("is durable inside a transaction of one's own, and undone with it", async () => {
    const { db } = database();
    const [taskId = ""] = await lab.enqueue(1);
    const setting = sql.type(z.object({ value: z.string() }))`
      SELECT pg_catalog.current_setting('synchronous_commit') AS value
    `;
    const undone = new Error("undone");
    const seen: string[] = [];
    await expect(
      db.transaction(async (tx) => {
        await tx.tasks.claim({ agentId: lab.agentId, taskTypes: [lab.taskType] });
        seen.push(await tx.oneFirst(setting));
        throw undone;
      }),
    ).rejects.toBe(undone);
    expect(seen).toEqual(["on"]);
    expect(await lab.status(taskId)).toBe("pending");
    expect(await claim()).toHaveLength(1);
  });

  it("cannot give up durability inside a transaction of one's own", async () => {
    await expect(
      database().db.transaction((tx) =>
        tx.tasks.claim({ agentId: lab.agentId, taskTypes: [lab.taskType], durable: false }),
      ),
    ).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("durable") });
  });

  it("is not given to an agent that is terminated", async () => {
    const { db } = database();
    const { agentId } = await db.agents.register({ agentType: "worker", agentName: randomUUID() });
    await db.agents.terminate(agentId);
    const [taskId = ""] = await lab.enqueue(1);
    await expect(db.tasks.claim({ agentId, taskTypes: [lab.taskType] })).rejects.toMatchObject({
      code: "WRONG_STATUS",
      message: expect.stringContaining(agentId),
    });
    expect(await lab.status(taskId)).toBe("pending");
  });

  it("looks for tasks from the given times on only", async () => {
    await lab.enqueue(1);
    const after = (time: Date | null) => Array.from({ length: 5 }, () => time);
    const request = { agentId: lab.agentId, taskTypes: [lab.taskType] };
    expect(await tasks().claim({ ...request, after: after(new Date(Date.now() + 3_600_000)) })).toEqual([]);
    expect(await tasks().claim({ ...request, after: after(null) })).toHaveLength(1);
  });

  it("locks the limits of types in one order, whatever order they are claimed in", async () => {
    const types = [`a-${randomUUID()}`, `b-${randomUUID()}`];
    for (const taskType of types) await tasks().setLimits(taskType, { maxRunning: 1_000 });
    const turned = types.toReversed();
    await tasks().enqueueMany(Array.from({ length: 200 }, (_, at) => ({ taskType: types[at % 2] ?? "" })));
    const loop = async (taskTypes: readonly string[]) => {
      for (let at = 0; at < 50; at += 1) await tasks().claim({ agentId: lab.agentId, taskTypes, limit: 10 });
    };
    const before = await deadlocks();
    await Promise.all([loop(types), loop(turned), loop(types), loop(turned)]);
    expect(await deadlocks()).toBe(before);
  });

  async function deadlocks(): Promise<string> {
    const client = new pg.Client(database().url);
    await client.connect();
    try {
      await client.query("SELECT pg_stat_clear_snapshot()");
      const { rows } = await client.query(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
      );
      return rows[0].deadlocks;
    } finally {
      await client.end();
    }
  }

  async function waitsForLock(client: pg.Client): Promise<void> {
    for (;;) {
      const { rows } = await client.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      if (rows.length > 0) return;
    }
  }
});
