import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ClientError, createWorker, RetryTaskError, sql, type TaskHandler } from "../../src/index.ts";
import { queryableOf } from "../../src/queryable/queryable-of.ts";
import { workerWith } from "../../src/worker/create-worker.ts";
import { settleWorkerOptions } from "../../src/worker/worker-options.ts";
import { workerPortsOf } from "../../src/worker/worker-ports-of.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { type WorkerLab, workerLab } from "../support/worker-lab.ts";

describe.each(clusters())("a worker on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  let lab: WorkerLab;
  beforeEach(async () => {
    lab = await workerLab(database().db);
  });
  const tasks = () => database().db.tasks;
  const latestAttempt = async (taskId: string) => (await tasks().executions(taskId)).at(-1);

  describe("does tasks", () => {
    it("and keeps what handlers return", async () => {
      const [taskId = "", silent = ""] = await lab.enqueue(20, 0);
      const { taskType } = lab;
      await lab
        .worker(({ payload }) => (payload === 0 ? undefined : { doubled: Number(payload) * 2 }))
        .drain();
      expect(await latestAttempt(taskId)).toMatchObject({
        taskType,
        status: "completed",
        agentId: lab.agentId,
        executionAttempt: 1,
        result: { doubled: 40 },
      });
      expect(await latestAttempt(silent)).toMatchObject({ status: "completed", result: null });
    });

    it("never more at once than its concurrency, with some claimed ahead", async () => {
      await lab.enqueue(...Array.from({ length: 60 }, (_, at) => at));
      let running = 0;
      let most = 0;
      const done: number[] = [];
      await lab
        .worker(
          async ({ payload }) => {
            running += 1;
            most = Math.max(most, running);
            await new Promise(setImmediate);
            running -= 1;
            done.push(Number(payload));
          },
          { concurrency: 4, prefetch: 10 },
        )
        .drain();
      expect(most).toBe(4);
      expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, at) => at));
    });

    it("of a type with a concurrency of its own within that, while other types go on", async () => {
      const [slow, quick] = [`slow-${randomUUID()}`, `quick-${randomUUID()}`];
      await tasks().enqueueMany(
        Array.from({ length: 30 }, (_, at) => ({ taskType: at < 10 ? slow : quick })),
      );
      let running = 0;
      let most = 0;
      let quickDone = 0;
      const quickAreDone = Promise.withResolvers<void>();
      await createWorker(database().db, {
        agentId: lab.agentId,
        concurrency: 8,
        pollIntervalMs: { min: 5, max: 20 },
        handlers: {
          [slow]: {
            concurrency: 2,
            handle: async () => {
              running += 1;
              most = Math.max(most, running);
              await quickAreDone.promise;
              running -= 1;
            },
          },
          [quick]: () => {
            quickDone += 1;
            if (quickDone === 20) quickAreDone.resolve();
          },
        },
      }).drain();
      expect(most).toBe(2);
    });

    it("of every type, though one of them has more than it can ever do", async () => {
      const types = Array.from({ length: 3 }, () => `many-${randomUUID()}`);
      await tasks().enqueueMany(
        types.flatMap((taskType, at) => Array.from({ length: at === 0 ? 200 : 2 }, () => ({ taskType }))),
      );
      const order: string[] = [];
      await createWorker(database().db, {
        agentId: lab.agentId,
        concurrency: 1,
        handlers: Object.fromEntries(types.map((type) => [type, () => void order.push(type)])),
      }).drain();
      for (const rare of types.slice(1)) expect(order.lastIndexOf(rare)).toBeLessThan(20);
    });

    it("the most urgent first, of whatever type", async () => {
      const types = Array.from({ length: 3 }, () => `mixed-${randomUUID()}`);
      const priorities = ["low", "normal", "high", "urgent", "critical"] as const;
      await tasks().enqueueMany(
        // Of the second type only low ones, which must wait for all others.
        Array.from({ length: 30 }, (_, at) => ({
          taskType: types[at % 3] ?? "",
          priority: at % 3 === 1 ? "low" : (priorities[1 + ((at * 7) % 4)] ?? "normal"),
        })),
      );
      const order: number[] = [];
      const handle: TaskHandler = ({ priority }) => void order.push(priorities.indexOf(priority));
      await createWorker(database().db, {
        agentId: lab.agentId,
        concurrency: 1,
        handlers: Object.fromEntries(types.map((type) => [type, handle])),
      }).drain();
      expect(order).toHaveLength(30);
      expect(order).toEqual(order.toSorted((one, other) => other - one));
    });

    it("soon after they were enqueued through the same database, however rarely it looks", async () => {
      const idle = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      await using worker = lab.worker(() => done.resolve(), {
        pollIntervalMs: { min: 86_000_000, max: 86_000_000 },
      });
      worker.on("idle", () => idle.resolve());
      await worker.start();
      await idle.promise;
      await tasks().enqueue({ taskType: lab.taskType });
      await done.promise;
    });

    it("soon after a transaction of the same database enqueued them, also in a savepoint", async () => {
      const heard: unknown[] = [];
      let idle = Promise.withResolvers<void>();
      let done = Promise.withResolvers<void>();
      await using worker = lab.worker(
        ({ payload }) => {
          heard.push(payload);
          done.resolve();
        },
        { pollIntervalMs: { min: 86_000_000, max: 86_000_000 } },
      );
      worker.on("idle", () => idle.resolve());
      await worker.start();
      const { db } = database();
      const { taskType } = lab;
      for (const [at, enqueue] of [
        () => db.transaction((tx) => tx.tasks.enqueue({ taskType, payload: 0 })),
        () =>
          db.transaction((tx) => tx.transaction((inner) => inner.tasks.enqueue({ taskType, payload: 1 }))),
        () => db.writeWithToken((tx) => tx.tasks.enqueueMany([{ taskType, payload: 2 }])),
      ].entries()) {
        await idle.promise;
        idle = Promise.withResolvers();
        done = Promise.withResolvers();
        await enqueue();
        await done.promise;
        expect(heard).toHaveLength(at + 1);
      }
      expect(heard).toEqual([0, 1, 2]);
    });

    it("of a type with a rate as often as that allows, without asking all the time", async () => {
      await tasks().setLimits(lab.taskType, { rate: { limit: 1, periodMs: 100 } });
      await lab.enqueue(...Array.from({ length: 20 }, (_, at) => at));
      const starts: number[] = [];
      let looks = 0;
      const done = Promise.withResolvers<void>();
      await using worker = lab.worker(() => {}, { pollIntervalMs: { min: 100, max: 2_000 } });
      worker.on("idle", () => {
        looks += 1;
      });
      worker.on("started", () => {
        if (starts.push(performance.now()) === 16) done.resolve();
      });
      await worker.start();
      await done.promise;
      const tookMs = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
      expect(tookMs).toBeGreaterThan(1_400);
      expect(tookMs).toBeLessThan(2_200);
      expect(looks).toBeLessThan(16 * 4);
    });

    it("of a type with a rate rarely when the next may start much later", async () => {
      await tasks().setLimits(lab.taskType, { rate: { limit: 1, periodMs: 3_600_000 } });
      await lab.enqueue(1, 2);
      const delays: number[] = [];
      const quiet = Promise.withResolvers<void>();
      await using worker = lab.worker(() => {}, { pollIntervalMs: { min: 4, max: 64 } });
      worker.on("idle", ({ delayMs }) => {
        if (delays.push(delayMs) === 10) quiet.resolve();
      });
      await worker.start();
      await quiet.promise;
      for (const delay of delays.slice(-2)) expect(delay).toBeGreaterThanOrEqual(48);
    });

    it("when their time has come, and not before, by the server's clock", async () => {
      const done = Promise.withResolvers<Date>();
      // The clock of this machine is a year ahead for the worker.
      const real = Date.now;
      Date.now = () => real() + 31_536_000_000;
      try {
        await using worker = lab.worker(() => done.resolve(new Date()), {
          pollIntervalMs: { min: 1_000, max: 86_000_000 },
        });
        await worker.start();
        const { taskId } = await tasks().enqueue({ taskType: lab.taskType, delayMs: 400 });
        await done.promise;
        await lab.reaches(taskId, "completed");
        const task = await tasks().get(taskId);
        const attempt = await latestAttempt(taskId);
        expect(attempt?.startedAt.getTime()).toBeGreaterThanOrEqual(
          task?.scheduledAt?.getTime() ?? Number.NaN,
        );
      } finally {
        Date.now = real;
      }
    });

    it("in the order of their key, others beside them, with failures and retries in between", async () => {
      const random = seededRandom();
      const enqueued = await tasks().enqueueMany(
        Array.from({ length: 60 }, (_, at) => ({
          taskType: lab.taskType,
          payload: at,
          orderKey: `key-${at % 3}`,
          maxRetries: 50,
          retry: { delayMs: 1 },
        })),
      );
      const order: number[] = [];
      const running = new Set<number>();
      let most = 0;
      let overlaps = 0;
      const workers = Array.from({ length: 3 }, () =>
        lab.worker(async ({ payload }) => {
          const key = Number(payload) % 3;
          if (running.has(key)) overlaps += 1;
          running.add(key);
          most = Math.max(most, running.size);
          await new Promise(setImmediate);
          running.delete(key);
          if (random() < 0.3) throw new Error("by chance");
          order.push(Number(payload));
        }),
      );
      for (const worker of workers) await worker.start();
      await eventually("all are done", () => order.length >= enqueued.length);
      for (const worker of workers) await worker.stop();
      for (const key of [0, 1, 2]) {
        const ofKey = order.filter((payload) => payload % 3 === key);
        expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
      }
      expect(overlaps).toBe(0);
      expect(most).toBeGreaterThan(1);
    });

    it("with the results of the tasks that they waited for", async () => {
      const [first = "", second = ""] = await lab.enqueue(1, 2);
      const { taskId } = await tasks().enqueue({
        taskType: lab.taskType,
        payload: 0,
        dependsOn: [
          { taskId: first, type: "data" },
          { taskId: second, type: "completion" },
        ],
      });
      await lab
        .worker(async ({ payload }, { dependencies }) =>
          payload === 0 ? (await dependencies()).map(({ result }) => result) : `result of ${payload}`,
        )
        .drain();
      expect(await latestAttempt(taskId)).toMatchObject({ result: ["result of 1"] });
    });
  });

  describe("looks after the queue:", () => {
    it("tasks of dead workers are done, by another attempt", async () => {
      const [taskId = ""] = await lab.enqueue(1);
      const [lost] = await tasks().claim({ agentId: lab.agentId, taskTypes: [lab.taskType], leaseMs: 1 });
      expect(lost?.taskId).toBe(taskId);
      await using worker = lab.worker(() => "done");
      await worker.start();
      await lab.reaches(taskId, "completed");
      expect(await lab.attempts(taskId)).toEqual([
        { status: "failed", errorMessage: "the lease ran out: the worker was not heard of" },
        { status: "completed", errorMessage: null },
      ]);
    });

    it("tasks that expired are cancelled, due schedules enqueue theirs", async () => {
      const { taskType } = lab;
      const { taskId } = await tasks().enqueue({ taskType: `none-${taskType}`, expiresInMs: 1 });
      const done = Promise.withResolvers<void>();
      await using worker = lab.worker(() => done.resolve());
      await worker.start();
      await lab.reaches(taskId, "cancelled");
      await tasks().setSchedule({ name: taskType, cron: "* * * * * *", task: { taskType } });
      await done.promise;
      await tasks().removeSchedule(taskType);
    });
  });

  describe("refuses", () => {
    it("an agent that does not exist, or is terminated, when it starts", async () => {
      const agentId = randomUUID();
      const stranger = lab.worker(() => {}, { agentId });
      await expect(stranger.start()).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `agent ${agentId} does not exist, so no worker can work for it`,
      });
      await stranger.stop();
      await database().db.agents.changeStatus(lab.agentId, { status: "terminated" });
      await expect(lab.worker(() => {}).start()).rejects.toMatchObject({ code: "WRONG_STATUS" });
    });

    it.each([
      [{ concurrency: 0 }, "concurrency"],
      [{ leaseMs: 1 }, "leaseMs"],
      [{ leaseMs: 1000.5 }, "leaseMs"],
      [{ heartbeatIntervalMs: 100.5 }, "heartbeatIntervalMs"],
      [{ pollIntervalMs: { min: 1, max: 2.5 } }, "pollIntervalMs.max"],
      [{ maintenanceIntervalMs: 0.5 }, "maintenanceIntervalMs"],
      [{ graceMs: 0.5 }, "graceMs"],
      [{ abortGraceMs: 0.5 }, "abortGraceMs"],
      [{ cancelGraceMs: 0.5 }, "cancelGraceMs"],
      [{ heartbeatIntervalMs: 20_000 }, "must be half of leaseMs at most"],
      [{ pollIntervalMs: { min: 5, max: 1 } }, "min is greater than max"],
      [{ handlers: {} }, "a handler for one type"],
      [{ agent: { agentType: "a", agentName: "b" } }, "give agentId or agent"],
      [{ handlers: { mail: 3 } }, "handlers.mail"],
    ])("options that make no sense: case %#", (wrong, message) => {
      const options = { agentId: lab.agentId, handlers: { mail: () => {} }, ...wrong };
      // What JavaScript might give.
      expect(() => createWorker(database().db, options as never)).toThrow(message);
    });
  });

  it.each(["completed", "retried"] as const)(
    "does not take an outcome for lost when only the answer got lost: %s",
    async (wanted) => {
      const { db } = database();
      let cut = 1;
      const write = queryableOf({
        stream: db.write.stream,
        query: async (statement, options) => {
          const result = await db.write.query(statement, options);
          if (!/tasks\.(complete|fail)\(/.test(statement.sql) || cut === 0) return result;
          cut -= 1;
          throw new ClientError("OUTCOME_UNKNOWN", "the connection broke while a write ran");
        },
      });
      await lab.enqueue(1);
      const heard: string[] = [];
      const done = Promise.withResolvers<void>();
      const worker = workerWith(
        settleWorkerOptions({
          agentId: lab.agentId,
          handlers: {
            [lab.taskType]: () => {
              if (wanted === "retried") throw new RetryTaskError("later", { delayMs: 60_000 });
            },
          },
        }),
        { ...workerPortsOf(db, 0), work: { ...db, write } },
      );
      for (const name of ["completed", "retried", "leaseLost", "error"] as const)
        worker.on(name, () => {
          heard.push(name);
          if (name !== "error") done.resolve();
        });
      await worker.start();
      await done.promise;
      await worker.stop();
      expect(heard).toEqual(["error", wanted]);
    },
  );

  it("registers its agent by name once, and finds it again", async () => {
    const agent = { agentType: "mailer", agentName: `mailer-${randomUUID()}` };
    const { taskType } = lab;
    const worker = () => createWorker(database().db, { agent, handlers: { [taskType]: () => {} } });
    const ids = await lab.enqueue(1);
    await worker().drain();
    ids.push(...(await lab.enqueue(2)));
    await worker().drain();
    const agents = new Set<string | undefined>();
    for (const taskId of ids) agents.add((await latestAttempt(taskId))?.agentId);
    expect(agents.size).toBe(1);
    const found = sql.type(z.object({ count: z.int() }))`
      SELECT count(*)::INTEGER AS count FROM agents.registry WHERE agent_name = ${agent.agentName}
    `;
    expect(await database().db.write.oneFirst(found)).toBe(1);
  });

  it("shares its named agent with those that start at the same time", async () => {
    const agent = { agentType: "mailer", agentName: `mailer-${randomUUID()}` };
    const { taskType } = lab;
    const workers = Array.from({ length: 4 }, () =>
      createWorker(database().db, { agent, handlers: { [taskType]: () => {} } }),
    );
    await Promise.all(workers.map((worker) => worker.start()));
    await Promise.all(workers.map((worker) => worker.stop()));
    const found = sql.type(z.object({ count: z.int() }))`
      SELECT count(*)::INTEGER AS count FROM agents.registry WHERE agent_name = ${agent.agentName}
    `;
    expect(await database().db.write.oneFirst(found)).toBe(1);
  });

  it("asks the server less and less often while there is nothing to do", async () => {
    const delays: number[] = [];
    const quiet = Promise.withResolvers<void>();
    await using worker = lab.worker(() => {}, { pollIntervalMs: { min: 4, max: 64 } });
    worker.on("idle", ({ delayMs }) => {
      if (delays.push(delayMs) === 7) quiet.resolve();
    });
    await worker.start();
    await quiet.promise;
    // Scattered by a quarter at most, from 4 to 64.
    [4, 8, 16, 32, 64, 64, 64].forEach((full, at) => {
      expect(delays[at]).toBeLessThanOrEqual(full);
      expect(delays[at]).toBeGreaterThanOrEqual(full * 0.75);
    });
  });
});
