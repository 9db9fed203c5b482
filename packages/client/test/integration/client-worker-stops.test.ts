import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { tooLarge, withLimitedValues } from "../support/limited-values.ts";
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

    it("though one tells a progress that PostgreSQL cannot hold, which is told and costs none its lease", async () => {
      const ids = await lab.enqueue(1, 2);
      const finish = Promise.withResolvers<void>();
      const troubles: unknown[] = [];
      await withLimitedValues(database().db, async () => {
        await using worker = lab.worker(
          ({ payload }, { progress }) => {
            progress(payload === 1 ? tooLarge() : "half");
            return finish.promise;
          },
          { leaseMs: 1_500, heartbeatIntervalMs: 100 },
        );
        worker.on("error", ({ error }) => troubles.push(error));
        await worker.start();
        await eventually("the leases were prolonged", async () => {
          const running = (await tasks().running()).filter(({ taskType }) => taskType === lab.taskType);
          return running.length === 2 && running.every((task) => +task.heartbeatAt > +task.startedAt + 1_500);
        });
        const progress = (await tasks().running()).map((task) => task.progress);
        expect(progress.filter((each) => each !== null)).toEqual(["half"]);
        finish.resolve();
        for (const taskId of ids) await lab.reaches(taskId, "completed");
      });
      expect(await lab.attempts(ids[0] ?? "")).toHaveLength(1);
      expect(troubles).toMatchObject([{ errorClass: "resources" }]);
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
});
