import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  ClientError,
  createWorker,
  FatalTaskError,
  RetryTaskError,
  sql,
  type TaskHandler,
  taskHandler,
  type WorkerEvents,
} from "../../src/index.ts";
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

  describe("when a handler fails", () => {
    it.each([
      ["an error", new TypeError("broken", { cause: "a cause" }), "broken"],
      ["a string", "just a word", "just a word"],
      ["nothing", undefined, "undefined was thrown"],
      ["an object", { why: 1 }, '{"why":1}'],
      ["an error with NUL", new Error("a\0b"), "ab"],
      [
        "an error without text",
        Object.assign(new Error("x"), { message: Object.create(null) }),
        "something was thrown that cannot be shown",
      ],
      [
        "a proxy that tells nothing",
        new Proxy({}, { get: refuseToTell, getPrototypeOf: refuseToTell }),
        "something was thrown that cannot be shown",
      ],
    ])("records %s and tries again", async (_, thrown, message) => {
      const [taskId = ""] = await lab.enqueue(1);
      let tries = 0;
      const worker = lab.worker(async () => {
        tries += 1;
        await new Promise(setImmediate);
        if (tries === 1) throw thrown;
      });
      await worker.start();
      await lab.reaches(taskId, "completed");
      await worker.stop();
      expect(await lab.attempts(taskId)).toEqual([
        { status: "failed", errorMessage: message },
        { status: "completed", errorMessage: null },
      ]);
    });

    it("says what became of the task, in order", async () => {
      const { taskId } = await tasks().enqueue({
        taskType: lab.taskType,
        maxRetries: 1,
        retry: { delayMs: 0 },
      });
      const worker = lab.worker(() => {
        throw new Error("never");
      });
      const heard: (keyof WorkerEvents)[] = [];
      for (const name of ["claimed", "started", "failed", "retried", "dead", "completed"] as const)
        worker.on(name, () => heard.push(name));
      await worker.start();
      await lab.reaches(taskId, "failed");
      await worker.stop();
      expect(heard).toEqual([
        "claimed",
        "started",
        "failed",
        "retried",
        "claimed",
        "started",
        "failed",
        "dead",
      ]);
      expect((await tasks().deadLetters({ taskTypes: [lab.taskType] })).items).toMatchObject([{ taskId }]);
    });

    it("does not try again what is fatal, and what asks for a time at that time", async () => {
      const [fatal = "", later = ""] = await lab.enqueue(1, 2);
      await lab
        .worker(({ payload }) => {
          if (payload === 1) throw new FatalTaskError("no such customer");
          throw new RetryTaskError("come back later", { delayMs: 3_600_000 });
        })
        .drain();
      expect(await lab.status(fatal)).toBe("failed");
      expect(await tasks().get(later)).toMatchObject({ status: "pending", retryCount: 1 });
      expect((await tasks().get(later))?.scheduledAt?.getTime()).toBeGreaterThan(Date.now() + 3_000_000);
    });

    it("tries again after an error that calls itself not retryable: that is said of a call, not of the task", async () => {
      const [taskId = ""] = await lab.enqueue(1);
      let tries = 0;
      await lab
        .worker(() => {
          tries += 1;
          if (tries === 1) throw new ClientError("NOT_FOUND", "no such row", { retryable: false });
        })
        .drain();
      await lab.reaches(taskId, "completed");
    });

    it.each([
      ["a bigint", { a: 1n }, "$.a is a bigint"],
      ["a function", () => 1, "$ is a function"],
      ["text with NUL", { text: "a\0" }, "$.text holds the character U+0000"],
    ])(
      "for it returned %s, which is no JSON, says so and does not do the work again",
      async (_, result, message) => {
        const [taskId = "", beside = ""] = await lab.enqueue(1, 2);
        // TypeScript would refuse it.
        await lab.worker(({ payload }) => (payload === 1 ? (result as unknown as string) : "fine")).drain();
        expect(await lab.attempts(taskId)).toEqual([
          {
            status: "failed",
            errorMessage: expect.stringContaining(`the result of task ${taskId}: ${message}`),
          },
        ]);
        expect(await lab.status(taskId)).toBe("failed");
        expect(await lab.status(beside)).toBe("completed");
      },
    );

    it("or is never called since the payload is not what the schema allows, the task is dead at once", async () => {
      const { taskType } = lab;
      const [bad, good] = await tasks().enqueueMany([
        { taskType, payload: { width: "wide" } },
        { taskType, payload: { width: 3 } },
      ]);
      await lab
        .worker(
          taskHandler({
            payload: z.object({ width: z.int() }),
            handle: ({ payload }) => payload.width + 1,
          }),
        )
        .drain();
      expect(await lab.attempts(bad?.taskId ?? "")).toEqual([
        { status: "failed", errorMessage: expect.stringContaining("→ at width") },
      ]);
      expect(await lab.status(bad?.taskId ?? "")).toBe("failed");
      expect(await latestAttempt(good?.taskId ?? "")).toMatchObject({ result: 4 });
    });

    it("to end in time, tells it, records that and goes on with other tasks", async () => {
      const { taskType } = lab;
      const [stuck, next] = await tasks().enqueueMany([
        { taskType, payload: 1, maxExecutionMs: 50, maxRetries: 0 },
        { taskType, payload: 2 },
      ]);
      let reason: unknown;
      await lab
        .worker(
          ({ payload }, { signal }) => {
            if (payload === 2) return;
            signal.addEventListener("abort", () => {
              reason = signal.reason;
            });
            return new Promise(() => {});
          },
          { concurrency: 1 },
        )
        .drain();
      expect(reason).toMatchObject({ code: "TIMEOUT" });
      expect(await lab.attempts(stuck?.taskId ?? "")).toEqual([
        { status: "failed", errorMessage: `task ${stuck?.taskId} took longer than 50 ms` },
      ]);
      expect(await lab.status(next?.taskId ?? "")).toBe("completed");
    });
  });

  describe("that is told to stop", () => {
    it("gives back at once what it claimed ahead, and lets the running handler come to its end", async () => {
      const ids = await lab.enqueue(1, 2, 3);
      const begun = Promise.withResolvers<void>();
      const finish = Promise.withResolvers<string>();
      const worker = lab.worker(
        () => {
          begun.resolve();
          return finish.promise;
        },
        { concurrency: 1, prefetch: 5 },
      );
      await worker.start();
      await begun.promise;
      const stopping = worker.stop();
      for (const taskId of ids.slice(1)) await lab.reaches(taskId, "pending");
      finish.resolve("done");
      await stopping;
      expect(await latestAttempt(ids[0] ?? "")).toMatchObject({ status: "completed", result: "done" });
      expect(await tasks().get(ids[1] ?? "")).toMatchObject({ retryCount: 0 });
    });

    it("does not wait for ever, and does not count the attempt that it interrupts", async () => {
      const [stubborn = "", polite = "", grateful = ""] = await lab.enqueue(1, 2, 3);
      let begun = 0;
      const worker = lab.worker(
        ({ payload }, { signal }) => {
          begun += 1;
          if (payload === 1) return new Promise(() => {});
          return new Promise((resolve, reject) => {
            signal.addEventListener("abort", () =>
              payload === 2 ? reject(signal.reason) : resolve("just in time"),
            );
          });
        },
        { graceMs: 0, abortGraceMs: 50 },
      );
      await worker.start();
      await eventually("all have begun", () => begun === 3);
      await worker.stop();
      for (const taskId of [stubborn, polite]) {
        expect(await tasks().get(taskId)).toMatchObject({ status: "pending", retryCount: 0 });
        expect(await lab.attempts(taskId)).toEqual([
          { status: "cancelled", errorMessage: "given back by its worker" },
        ]);
      }
      expect(await latestAttempt(grateful)).toMatchObject({ status: "completed", result: "just in time" });
    });

    it("keeps the late result of an interrupted handler from what another worker makes of the task", async () => {
      const [taskId = ""] = await lab.enqueue(1);
      const begun = Promise.withResolvers<void>();
      const late = Promise.withResolvers<string>();
      const first = lab.worker(
        () => {
          begun.resolve();
          return late.promise;
        },
        { graceMs: 0, abortGraceMs: 0 },
      );
      await first.start();
      await begun.promise;
      await first.stop();
      const finish = Promise.withResolvers<string>();
      const again = Promise.withResolvers<void>();
      await using second = lab.worker(() => {
        again.resolve();
        return finish.promise;
      });
      await second.start();
      await again.promise;
      late.resolve("late");
      await late.promise;
      finish.resolve("right");
      await lab.reaches(taskId, "completed");
      expect(await latestAttempt(taskId)).toMatchObject({ executionAttempt: 2, result: "right" });
    });

    it("may be told so before it starts, twice, and be started again", async () => {
      const [taskId = ""] = await lab.enqueue(1);
      const worker = lab.worker(() => {});
      await worker.stop();
      await Promise.all([worker.start(), worker.start()]);
      await Promise.all([worker.stop(), worker.stop()]);
      await worker.start();
      await lab.reaches(taskId, "completed");
      expect(worker.stop()).toBe(worker.stop());
      await worker.stop();
    });

    it("and to start, in any order, ends as it was told last and loses nothing", async () => {
      const random = seededRandom();
      const ids = await lab.enqueue(...Array.from({ length: 200 }, (_, at) => at));
      const worker = lab.worker(() => new Promise((resolve) => setImmediate(resolve)), {
        concurrency: 3,
        prefetch: 3,
        graceMs: 5,
        abortGraceMs: 5,
      });
      const calls: Promise<void>[] = [];
      for (let at = 0; at < 60; at += 1) {
        calls.push(random() < 0.5 ? worker.start() : worker.stop());
        if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 10));
      }
      await Promise.all(calls);
      await worker.stop();
      expect((await tasks().running()).filter(({ taskType }) => taskType === lab.taskType)).toEqual([]);
      await worker.drain();
      for (const taskId of ids) expect(await lab.status(taskId)).toBe("completed");
    });
  });

  describe("gives signs of life", () => {
    it("for all its tasks, and keeps them for longer than a lease", async () => {
      const ids = await lab.enqueue(1, 2);
      const finish = Promise.withResolvers<void>();
      await using worker = lab.worker(() => finish.promise, { leaseMs: 1_500, heartbeatIntervalMs: 100 });
      await worker.start();
      await eventually("the leases were prolonged", async () => {
        const running = (await tasks().running()).filter(({ taskType }) => taskType === lab.taskType);
        return running.length === 2 && running.every((task) => +task.heartbeatAt > +task.startedAt + 1_500);
      });
      finish.resolve();
      for (const taskId of ids) await lab.reaches(taskId, "completed");
      expect(await lab.attempts(ids[0] ?? "")).toHaveLength(1);
    });

    it("with progress, and learns that a task is to be cancelled", async () => {
      const [taskId = ""] = await lab.enqueue(1);
      const heard: unknown[] = [];
      await using worker = lab.worker(
        (_, { signal, progress }) => {
          progress({ step: 3 });
          return new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          });
        },
        { heartbeatIntervalMs: 50 },
      );
      worker.on("cancelled", ({ task }) => heard.push(task.taskId));
      await worker.start();
      await eventually("the progress is on record", async () =>
        (await tasks().running()).some((task) => JSON.stringify(task.progress) === '{"step":3}'),
      );
      await tasks().cancel([taskId]);
      await lab.reaches(taskId, "cancelled");
      await eventually("the event", () => heard.length > 0);
      expect(heard).toEqual([taskId]);
    });

    it("and gives the place of a cancelled task to others whose handler does not listen", async () => {
      const [stubborn = "", next = ""] = await lab.enqueue(1, 2);
      const begun = Promise.withResolvers<void>();
      const late = Promise.withResolvers<string>();
      const heard: unknown[] = [];
      await using worker = lab.worker(
        ({ payload }) => {
          if (payload === 2) return "done";
          begun.resolve();
          return late.promise;
        },
        { concurrency: 1, heartbeatIntervalMs: 50, cancelGraceMs: 50 },
      );
      for (const name of ["abandoned", "cancelled"] as const)
        worker.on(name, ({ task }) => heard.push([name, task.taskId]));
      await worker.start();
      await begun.promise;
      await tasks().cancel([stubborn]);
      await lab.reaches(stubborn, "cancelled");
      await lab.reaches(next, "completed");
      await eventually("the events", () => heard.length === 2);
      expect(heard).toEqual([
        ["abandoned", stubborn],
        ["cancelled", stubborn],
      ]);
      late.resolve("late");
      await worker.stop();
      expect(await lab.status(stubborn)).toBe("cancelled");
      expect(await lab.attempts(stubborn)).toEqual([
        { status: "cancelled", errorMessage: `task ${stubborn} is to be cancelled` },
      ]);
    });

    it("and gives the place of a task whose lease is lost to others when its handler does not listen", async () => {
      const [taskId = ""] = await lab.enqueue(1);
      const first = Promise.withResolvers<bigint>();
      const late = Promise.withResolvers<string>();
      const reasons: unknown[] = [];
      await using worker = lab.worker(
        ({ fencingToken }, { attempt }) => {
          if (attempt === 2) return "second";
          first.resolve(fencingToken);
          return late.promise;
        },
        { concurrency: 1, heartbeatIntervalMs: 50, cancelGraceMs: 50 },
      );
      worker.on("abandoned", ({ reason }) => reasons.push(reason));
      await worker.start();
      await tasks().release([{ taskId, fencingToken: await first.promise }]);
      await lab.reaches(taskId, "completed");
      expect(reasons).toEqual([expect.objectContaining({ code: "LEASE_LOST" })]);
      late.resolve("late");
      await worker.stop();
      expect(await latestAttempt(taskId)).toMatchObject({ executionAttempt: 2, result: "second" });
    });

    it("at once when a handler asks for it, which is told when it should end", async () => {
      const [taskId = ""] = await lab.enqueue(1);
      let outcome: unknown;
      await lab
        .worker(
          async (_, { heartbeat }) => {
            await heartbeat();
            await tasks().cancel([taskId]);
            outcome = await heartbeat().catch((error: unknown) => error);
            throw outcome;
          },
          { heartbeatIntervalMs: 10_000 },
        )
        .drain();
      expect(outcome).toMatchObject({ code: "ABORTED" });
      expect(await lab.status(taskId)).toBe("cancelled");
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

function refuseToTell(): never {
  throw new Error("no");
}
