import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type NewTask, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { tooLarge, withLimitedValues } from "../support/limited-values.ts";

const nothing = z.object({});

describe.each(clusters())("tasks on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const tasks = () => database().db.tasks;
  let agentId = "";

  beforeAll(async () => {
    ({ agentId } = await database().db.agents.register({ agentType: "worker", agentName: "first" }));
  });
  beforeEach(async () => {
    await database().db.write.query(sql.type(nothing)`TRUNCATE tasks.queue CASCADE`);
    await database().db.write.query(
      sql.type(
        nothing,
      )`TRUNCATE tasks.ready, tasks.leases, tasks.order_keys, tasks.order_queue, tasks.unique_keys`,
    );
  });

  const enqueue = async (task: Partial<NewTask> = {}) =>
    (await tasks().enqueue({ taskType: "report", ...task })).taskId;
  const claim = (limit = 10, taskTypes = ["report"]) => tasks().claim({ agentId, taskTypes, limit });
  const statusOf = async (taskId: string) => (await tasks().get(taskId))?.status;
  const fail = async (taskId: string) => {
    const [task] = await claim(1);
    if (task?.taskId !== taskId) throw new Error("another task was claimed");
    await tasks().fail([{ ...task, message: "on purpose", mayRetry: false }]);
  };

  it("come back as they were enqueued", async () => {
    const expiresAt = new Date("2999-01-01T00:00:00.000Z");
    const taskId = await enqueue({
      payload: { a: [1, "é", null] },
      taskName: "monthly",
      priority: "high",
      maxRetries: 7,
      maxExecutionMs: 1500,
      retry: { delayMs: 10, factor: 3, maxDelayMs: 99 },
      configuration: { colour: "red" },
      metadata: { from: "test" },
      orderKey: "customer-1",
      uniqueKey: "2026-11",
      createdByAgentId: agentId,
      expiresAt,
    });
    expect(await tasks().get(taskId)).toMatchObject({
      taskId,
      taskType: "report",
      taskName: "monthly",
      payload: { a: [1, "é", null] },
      priority: "high",
      status: "pending",
      maxRetries: 7,
      maxExecutionTime: 1500,
      configuration: { colour: "red", retry: { delay_ms: 10, factor: 3, max_delay_ms: 99 } },
      metadata: { from: "test" },
      orderKey: "customer-1",
      uniqueKey: "2026-11",
      createdByAgentId: agentId,
      expiresAt,
      fencingToken: 0n,
    });
    expect(await tasks().get(randomUUID())).toBeNull();
  });

  it("that are enqueued at the same time suffer only from their own faults", async () => {
    const outcomes = await Promise.allSettled([
      enqueue(),
      enqueue({ assignedAgentId: randomUUID() }),
      enqueue(),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await tasks().find()).items).toHaveLength(2);
  });

  it("that are enqueued at the same time suffer from no other's payload or expiry", async () => {
    const outcomes = await Promise.allSettled([
      enqueue(),
      enqueue({ payload: { a: "x\0" } }),
      enqueue({ expiresAt: new Date(0) }),
      enqueue(),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect((await tasks().find()).items).toHaveLength(2);
  });

  it("that are enqueued at the same time suffer from no other's that the server cannot hold", async () => {
    await withLimitedValues(database().db, async () => {
      const outcomes = await Promise.allSettled([1, tooLarge(), 2].map((payload) => enqueue({ payload })));
      expect(outcomes).toMatchObject([
        { status: "fulfilled" },
        { status: "rejected", reason: { errorClass: "resources" } },
        { status: "fulfilled" },
      ]);
    });
    expect((await tasks().find()).items.map(({ payload }) => payload)).toEqual([2, 1]);
  });

  it.each([[null], [[null]], [false], [0], [""]])("keep the payload %j as it is", async (payload) => {
    const [taskId, beside] = [await enqueue({ payload }), await enqueue()];
    expect((await tasks().get(taskId))?.payload).toEqual(payload);
    expect((await tasks().get(beside))?.payload).toEqual({});
    expect((await claim()).map((task) => task.payload)).toEqual([payload, {}]);
  });

  it("of a transaction that has lasted a while are delayed, and expire, from now on", async () => {
    await database().db.transaction(async (tx) => {
      const times = sql.type(z.object({ begun: z.date(), now: z.date() }))`
        SELECT pg_catalog.now() AS begun, pg_catalog.clock_timestamp() AS now`;
      let { begun, now } = await tx.one(times);
      while (+now < +begun + 20) ({ begun, now } = await tx.one(times));
      const { taskId } = await tx.tasks.enqueue({ taskType: "report", delayMs: 60_000, expiresInMs: 90_000 });
      const task = await tx.tasks.get(taskId);
      expect(task?.scheduledAt?.getTime()).toBeGreaterThanOrEqual(+now + 60_000);
      expect(task?.expiresAt?.getTime()).toBeGreaterThanOrEqual(+now + 90_000);
      await expect(tx.tasks.enqueue({ taskType: "report", expiresAt: now })).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining("is not in the future"),
      });
    });
  });

  const year = 31_536_000_000;
  it.each([
    ["ahead", year],
    ["behind", -year],
  ])("expire by the server's clock, though the one of this machine is %s", async (_, differenceMs) => {
    const real = Date.now;
    const [before, after] = [new Date(real() - 3_600_000), new Date(real() + 3_600_000)];
    Date.now = () => real() + differenceMs;
    try {
      const taskId = await enqueue({ expiresAt: after });
      expect((await tasks().get(taskId))?.expiresAt).toEqual(after);
      await expect(enqueue({ expiresAt: before })).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining(`expiresAt ${before.toISOString()} is not in the future`),
        details: { expiresAt: before.toISOString() },
      });
      await expect(
        tasks().enqueueMany([
          { taskType: "report" },
          { taskType: "report", expiresAt: after },
          { taskType: "report", expiresAt: before },
        ]),
      ).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("[2].expiresAt") });
      expect((await tasks().find()).items).toHaveLength(1);
    } finally {
      Date.now = real;
    }
  });

  it.each<[string, Partial<NewTask>]>([
    ["identifier", { taskId: randomUUID() }],
    ["order key", { orderKey: "k" }],
    ["unique key", { uniqueKey: "k" }],
  ])("do not wait for one whose %s a transaction holds", async (_, keyed) => {
    const { db } = database();
    let waiting: Promise<string> | undefined;
    await db.transaction(async (tx) => {
      await tx.tasks.enqueue({ taskType: "report", ...keyed });
      // The first is under way at once, those behind it would share the next statement.
      const first = enqueue({ taskType: "other" });
      waiting = enqueue(keyed);
      const others = [first, enqueue({ taskType: "other" })];
      // Were they to wait for the transaction, it would never end.
      expect(await Promise.all(others)).toHaveLength(2);
    });
    expect(await statusOf((await waiting) ?? "")).toMatch(/pending|queued/);
  });

  it("are there with the transaction that enqueued them, or not at all", async () => {
    const { db } = database();
    let taskId = "";
    const failed = db.transaction(async (tx) => {
      ({ taskId } = await tx.tasks.enqueue({ taskType: "report" }));
      throw new RangeError("changed my mind");
    });
    await expect(failed).rejects.toThrow("changed my mind");
    expect(await tasks().get(taskId)).toBeNull();
    expect(await claim()).toEqual([]);
    ({ taskId } = await db.transaction((tx) => tx.tasks.enqueue({ taskType: "report" })));
    expect((await claim()).map((task) => task.taskId)).toEqual([taskId]);
  });

  it("that are enqueued again under their identifier stay as they are", async () => {
    const taskId = randomUUID();
    await enqueue({ taskId, payload: 1 });
    await enqueue({ taskId, payload: 2 });
    expect((await tasks().get(taskId))?.payload).toBe(1);
    expect(await claim()).toHaveLength(1);
  });

  it("that are enqueued twice at once under one identifier are new once", async () => {
    const taskId = randomUUID();
    const task = { taskType: "report", taskId };
    const answers = await Promise.all([1, 2, 3].map(() => tasks().enqueue(task)));
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await claim()).toHaveLength(1);
  });

  it("that are enqueued again, also under a unique key, are said not to be new", async () => {
    const plain = { taskType: "report", taskId: randomUUID() };
    const unique = { taskType: "report", taskId: randomUUID(), uniqueKey: "k" };
    for (const isNew of [true, false]) {
      expect(await tasks().enqueueMany([plain, unique])).toEqual([
        { taskId: plain.taskId, isNew },
        { taskId: unique.taskId, isNew },
      ]);
    }
    const other = { taskType: "report", taskId: randomUUID() };
    expect((await tasks().enqueueMany([plain, other])).map(({ isNew }) => isNew)).toEqual([false, true]);
  });

  it("that are enqueued again wait for nothing else, and not for what is pruned by now", async () => {
    const taskId = randomUUID();
    const [first, second] = [await enqueue({ taskType: "first" }), await enqueue({ taskType: "second" })];
    const task = { taskType: "report", taskId, dependsOn: [first] };
    await tasks().enqueue(task);
    await tasks().enqueue({ ...task, dependsOn: [second] });
    expect((await tasks().dependencies(taskId)).map((other) => other.taskId)).toEqual([first]);
    await tasks().complete(await claim(1, ["first"]));
    await tasks().complete(await claim());
    await tasks().enqueue({ ...task, dependsOn: [second] });
    expect((await tasks().dependencies(taskId)).map((other) => other.taskId)).toEqual([first]);
    await database().db.write.query(
      sql.type(nothing)`DELETE FROM tasks.queue WHERE task_id = ${first}::UUID`,
    );
    expect(await tasks().enqueue(task)).toEqual({ taskId, isNew: false });
  });

  it("are enqueued by the thousand in one statement, in their order", async () => {
    const many = Array.from({ length: 3000 }, (_, at) => ({ taskType: "report", payload: at }));
    const enqueued = await tasks().enqueueMany(many);
    expect(enqueued.every(({ isNew }) => isNew)).toBe(true);
    const claimed = await claim(3000);
    expect(claimed.map(({ payload }) => payload)).toEqual(many.map(({ payload }) => payload));
    expect(claimed.map(({ taskId }) => taskId)).toEqual(enqueued.map(({ taskId }) => taskId));
  });

  it("are found page by page, newest first, and streamed", async () => {
    const ids: string[] = [];
    for (let at = 0; at < 5; at += 1) ids.push(await enqueue({ taskType: at < 4 ? "report" : "other" }));
    const first = await tasks().find({ taskTypes: ["report"], limit: 3 });
    const second = await tasks().find({ taskTypes: ["report"], limit: 3, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ taskId }) => taskId)).toEqual(ids.slice(0, 4).reverse());
    expect(second.nextCursor).toBeNull();
    const streamed: string[] = [];
    for await (const task of tasks().stream({ statuses: ["pending"] })) streamed.push(task.taskId);
    expect(streamed.sort()).toEqual(ids.sort());
  });

  it("with a unique key exist once until they have ended, and the second caller is told of the first", async () => {
    const enqueued = await Promise.all(
      Array.from({ length: 20 }, () => tasks().enqueue({ taskType: "report", uniqueKey: "daily" })),
    );
    expect(enqueued.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(enqueued.map(({ taskId }) => taskId)).size).toBe(1);
    await tasks().complete(await claim());
    expect(await tasks().enqueue({ taskType: "report", uniqueKey: "daily" })).toMatchObject({ isNew: true });
  });

  it("wait for those they depend on, and get their results", async () => {
    const data = await enqueue();
    const waiting = await enqueue({ dependsOn: [{ taskId: data, type: "data" }] });
    expect(await statusOf(waiting)).toBe("queued");
    const [first] = await claim();
    expect(first?.taskId).toBe(data);
    await tasks().complete([{ ...(first as NonNullable<typeof first>), result: { rows: 3 } }]);
    expect((await claim()).map(({ taskId }) => taskId)).toEqual([waiting]);
    expect(await tasks().dependencies(waiting)).toMatchObject([
      { taskId: data, type: "data", status: "completed", result: { rows: 3 } },
    ]);
  });

  it("that have an order key and a dependency wait for both", async () => {
    const blocker = await enqueue({ taskType: "other" });
    const first = await enqueue({ orderKey: "k", dependsOn: [blocker] });
    const second = await enqueue({ orderKey: "k" });
    expect([await statusOf(first), await statusOf(second)]).toEqual(["queued", "queued"]);
    expect(await claim()).toEqual([]);
    await tasks().complete(await claim(1, ["other"]));
    expect((await claim()).map(({ taskId }) => taskId)).toEqual([first]);
  });

  it.each([
    ["cancel", "cancelled"],
    ["ignore", "pending"],
    ["wait", "queued"],
  ] as const)("whose dependency fails follow %s: they are %s", async (onFailure, status) => {
    const doomed = await enqueue();
    const waiting = await enqueue({ dependsOn: [{ taskId: doomed, onFailure }] });
    await fail(doomed);
    expect(await statusOf(waiting)).toBe(status);
  });

  it("cannot be made to wait in a circle", async () => {
    const first = await enqueue();
    const second = await enqueue({ dependsOn: [first] });
    const third = await enqueue({ dependsOn: [second] });
    await expect(tasks().addDependencies(first, [third])).rejects.toMatchObject({
      code: "DEPENDENCY_CYCLE",
    });
    expect(await statusOf(first)).toBe("pending");
    const other = await enqueue();
    expect(await tasks().addDependencies(first, [other])).toBe(true);
    expect(await statusOf(first)).toBe("queued");
  });

  it("are cancelled at once while they wait, and by their worker while they run", async () => {
    const running = await enqueue();
    const [task] = await claim(1);
    const waiting = await enqueue();
    const missing = randomUUID();
    expect(await tasks().cancel([running, waiting, missing])).toEqual(
      expect.arrayContaining([
        { taskId: running, outcome: "requested" },
        { taskId: waiting, outcome: "cancelled" },
        { taskId: missing, outcome: "missing" },
      ]),
    );
    expect([await statusOf(running), await statusOf(waiting)]).toEqual(["running", "cancelled"]);
    const held = task as NonNullable<typeof task>;
    expect(await tasks().heartbeat([held], 30_000)).toMatchObject([{ cancelRequested: true }]);
    await tasks().fail([{ ...held, message: "stopped" }]);
    expect(await statusOf(running)).toBe("cancelled");
  });

  it("that are paused are not claimed until they are resumed", async () => {
    const taskId = await enqueue();
    expect(await tasks().pause([taskId])).toEqual([taskId]);
    expect(await claim()).toEqual([]);
    expect(await tasks().resume([taskId])).toEqual([taskId]);
    expect(await claim()).toHaveLength(1);
  });

  it("take their new place when they are rescheduled", async () => {
    const [late, early] = [await enqueue({ delayMs: 3_600_000 }), await enqueue()];
    await tasks().reschedule([late], { scheduledAt: null, priority: "critical" });
    expect((await claim()).map(({ taskId }) => taskId)).toEqual([late, early]);
    const later = await enqueue();
    await tasks().reschedule([later], { scheduledAt: new Date("2999-01-01") });
    expect(await claim()).toEqual([]);
  });

  it("that failed for good are dead letters until they are redriven", async () => {
    const taskId = await enqueue({ uniqueKey: "once" });
    await fail(taskId);
    const { items } = await tasks().deadLetters({ taskTypes: ["report"] });
    expect(items).toMatchObject([{ taskId, attempts: 1, errorMessage: "on purpose" }]);
    const taking = await enqueue({ uniqueKey: "once" });
    expect(await tasks().redrive([taskId])).toEqual([{ taskId, outcome: "its unique key is taken" }]);
    await tasks().cancel([taking]);
    expect(await tasks().redrive([taskId])).toEqual([{ taskId, outcome: "redriven" }]);
    expect((await tasks().deadLetters()).items).toEqual([]);
    expect((await claim()).map((task) => task.taskId)).toEqual([taskId]);
    expect(await tasks().executions(taskId)).toMatchObject([
      { status: "failed", errorMessage: "on purpose" },
    ]);
  });

  it("of a type keep to its limits, over all who claim", async () => {
    await tasks().enqueueMany(Array.from({ length: 10 }, () => ({ taskType: "report" })));
    await tasks().setLimits("report", { maxRunning: 3 });
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(2)));
    expect(claims.flat()).toHaveLength(3);
    await tasks().setLimits("report", { maxRunning: null, isPaused: true });
    expect(await claim()).toEqual([]);
    await tasks().setLimits("report", { isPaused: false, rate: { limit: 2, periodMs: 86_400_000 } });
    expect((await claim()).length).toBe(2);
    expect(await claim()).toEqual([]);
    expect(await tasks().limits()).toEqual([
      { taskType: "report", maxRunning: null, isPaused: false, rate: { limit: 2, periodMs: 86_400_000 } },
    ]);
    expect(await tasks().removeLimits("report")).toBe(true);
    expect((await claim()).length).toBe(5);
  });

  it("are counted by type, and shown while somebody works on them", async () => {
    await enqueue();
    await enqueue({ delayMs: 3_600_000 });
    const dead = await enqueue({ priority: "critical" });
    await fail(dead);
    await enqueue();
    const [task] = await claim(1);
    await tasks().heartbeat([{ ...(task as NonNullable<typeof task>), progress: { done: 0.5 } }], 30_000);
    expect(await tasks().backlog()).toMatchObject([
      { taskType: "report", ready: 1, delayed: 1, running: 1, dead: 1 },
    ]);
    expect(await tasks().running()).toMatchObject([
      { taskId: task?.taskId, agentId, progress: { done: 0.5 } },
    ]);
  });

  it("whose worker is not heard of are given to another, and the late one ends nothing", async () => {
    const taskId = await enqueue({ retry: { delayMs: 0 } });
    const [late] = await tasks().claim({ agentId, taskTypes: ["report"], leaseMs: 1 });
    await expect.poll(async () => (await tasks().maintain()).expiredLeases).toBe(1);
    const [second] = await claim();
    expect(second).toMatchObject({ taskId, retryCount: 1 });
    expect(second?.fencingToken).toBeGreaterThan(late?.fencingToken ?? 0n);
    expect(await tasks().complete([{ ...(late as NonNullable<typeof late>), result: "late" }])).toEqual([]);
    expect(await tasks().complete([{ ...(second as NonNullable<typeof second>), result: "right" }])).toEqual([
      taskId,
    ]);
    expect(await tasks().executions(taskId)).toMatchObject([
      { executionAttempt: 1, status: "failed", result: null },
      { executionAttempt: 2, status: "completed", result: "right" },
    ]);
  });

  it("that have expired are cancelled, not claimed", async () => {
    const taskId = await enqueue({ expiresInMs: 1 });
    await expect.poll(async () => (await tasks().maintain()).expiredTasks).toBe(1);
    expect(await claim()).toEqual([]);
    expect(await statusOf(taskId)).toBe("cancelled");
  });

  it("that ended long ago are removed with their attempts; others stay", async () => {
    const [done, waiting] = [await enqueue(), await enqueue({ delayMs: 60_000 })];
    await tasks().complete(await claim());
    expect(await tasks().prune({ olderThanMs: 3_600_000 })).toBe(0);
    await expect.poll(() => tasks().prune({ olderThanMs: 0 })).toBe(1);
    expect(await tasks().get(done)).toBeNull();
    expect(await tasks().executions(done)).toEqual([]);
    expect(await statusOf(waiting)).toBe("pending");
  });

  it("are claimable again after their rows in tasks.ready were removed", async () => {
    const taskId = await enqueue();
    await database().db.write.query(sql.type(nothing)`DELETE FROM tasks.ready`);
    expect(await claim()).toEqual([]);
    expect(await tasks().repair()).toBe(1);
    expect(await tasks().repair()).toBe(0);
    expect((await claim()).map((task) => task.taskId)).toEqual([taskId]);
  });

  it("are claimed by agents that exist, which cannot be removed while they work", async () => {
    const taskId = await enqueue();
    const unknown = randomUUID();
    await expect(tasks().claim({ agentId: unknown, taskTypes: ["report"] })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(unknown),
    });
    const second = await database().db.agents.register({ agentType: "worker", agentName: "second" });
    const claimed = await tasks().claim({ agentId: second.agentId, taskTypes: ["report"] });
    await expect(database().db.agents.remove(second.agentId)).rejects.toMatchObject({ code: "IN_USE" });
    expect(await tasks().complete(claimed)).toEqual([taskId]);
  });

  it("that are prolonged while they are completed are completed all the same", async () => {
    await tasks().enqueueMany(Array.from({ length: 300 }, () => ({ taskType: "report" })));
    const claimed = await claim(300);
    let isDone = false;
    const prolonging = async () => {
      while (!isDone) await tasks().heartbeat(claimed, 30_000);
    };
    const prolonged = Promise.all([prolonging(), prolonging()]);
    const completed = await Promise.all(claimed.map((task) => tasks().complete([task])));
    isDone = true;
    await prolonged;
    expect(completed.flat()).toHaveLength(300);
  });
});
