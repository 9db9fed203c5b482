import { clusters } from "@mister-smith/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDatabase, type Database, FatalTaskError } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { tooLarge, withLimitedValues } from "../support/limited-values.ts";
import { type WorkerLab, workerLab } from "../support/worker-lab.ts";

describe.each(clusters())("outcomes of a worker on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  let db: Database;
  let lab: WorkerLab;
  // Waits for a lock for longer than any test has time: who waits for one, waits for good.
  beforeAll(async () => {
    db = await createDatabase({ primary: { url: database().url, lockTimeoutMs: 0, callTimeoutMs: 0 } });
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    lab = await workerLab(db);
  });

  /** Runs work while a transaction has enqueued a task that waits for these, so that they cannot end. */
  const whileHeld = async (taskIds: readonly string[], work: () => Promise<void>) => {
    const held = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const holding = database().db.transaction(async (tx) => {
      await tx.tasks.enqueue({ taskType: "after", dependsOn: taskIds });
      held.resolve();
      await done.promise;
    });
    await Promise.race([held.promise, holding]);
    try {
      await work();
    } finally {
      done.resolve();
      await holding;
    }
  };

  it("are recorded though another task's is kept back by a transaction, also when the worker stops", async () => {
    const held = await lab.enqueue(0, 0, 0);
    const together = await lab.enqueue(1, 1, 1);
    const later = await lab.enqueue(2, 2, 2);
    const gates = [0, 1].map(() => Promise.withResolvers<void>());
    const troubles: unknown[] = [];
    let begun = 0;
    const worker = lab.worker(
      async ({ payload }) => {
        begun += 1;
        await gates[payload === 2 ? 1 : 0]?.promise;
        return "done";
      },
      { graceMs: 2_500 },
    );
    worker.on("error", ({ doing, error }) => troubles.push({ doing, error }));
    await worker.start();
    await eventually("all have begun", () => begun === 9);
    await whileHeld(held, async () => {
      gates[0]?.resolve();
      // What ends from now on finds a statement under way that waits for the lock. Nothing comes after it.
      await new Promise(setImmediate);
      gates[1]?.resolve();
      for (const taskId of [...together, ...later]) await lab.reaches(taskId, "completed");
      await worker.stop();
      for (const taskId of held) expect(await lab.status(taskId)).toBe("running");
    });
    expect(troubles).toContainEqual({
      doing: "tell the database how tasks stand",
      error: expect.objectContaining({
        code: "TIMEOUT",
        message: "the outcomes of 3 tasks could not be recorded before the worker stopped",
      }),
    });
  });

  it("are recorded once the transaction that kept them back has ended", async () => {
    const held = await lab.enqueue(0, 0, 1);
    const gate = Promise.withResolvers<void>();
    const troubles: unknown[] = [];
    let begun = 0;
    await using worker = lab.worker(async ({ payload }) => {
      begun += 1;
      await gate.promise;
      if (payload === 1) throw new FatalTaskError("broken");
      return "done";
    });
    worker.on("error", ({ error }) => troubles.push(error));
    await worker.start();
    await eventually("all have begun", () => begun === 3);
    await whileHeld(held, async () => {
      gate.resolve();
      await eventually("both kinds of outcome have met the lock", () => troubles.length >= 2);
    });
    for (const taskId of held.slice(0, 2)) await lab.reaches(taskId, "completed");
    await lab.reaches(held[2] ?? "", "failed");
    expect(troubles).toContainEqual(expect.objectContaining({ errorClass: "lock-timeout" }));
  });

  it("that PostgreSQL cannot hold are on record as a failure for good, and keep no other back", async () => {
    const [large = "", ...others] = await lab.enqueue(0, 1, 1);
    const gate = Promise.withResolvers<void>();
    await withLimitedValues(db, async () => {
      let begun = 0;
      await using worker = lab.worker(async ({ payload }) => {
        begun += 1;
        await gate.promise;
        return payload === 0 ? tooLarge() : "done";
      });
      await worker.start();
      await eventually("all have begun", () => begun === 3);
      gate.resolve();
      for (const taskId of others) await lab.reaches(taskId, "completed");
      await lab.reaches(large, "failed");
    });
    expect(await lab.attempts(large)).toEqual([
      { status: "failed", errorMessage: expect.stringMatching(/index row .*maximum/) },
    ]);
  });
});
