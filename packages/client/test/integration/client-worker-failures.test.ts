import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  ClientError,
  FatalTaskError,
  RetryTaskError,
  taskHandler,
  type WorkerEvents,
} from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { type WorkerLab, workerLab } from "../support/worker-lab.ts";

describe.each(clusters())("a worker on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  let lab: WorkerLab;
  beforeEach(async () => {
    lab = await workerLab(database().db);
  });
  const tasks = () => database().db.tasks;
  const latestAttempt = async (taskId: string) => (await tasks().executions(taskId)).at(-1);

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
});

function refuseToTell(): never {
  throw new Error("no");
}
