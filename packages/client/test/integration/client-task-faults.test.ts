import { fork } from "node:child_process";
import { once } from "node:events";
import { startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, type Database, sql, type Worker } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";
import { postgresMajors } from "../support/replicated-servers.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { type WorkerLab, workerLab } from "../support/worker-lab.ts";

const loner = new URL("../support/lone-worker.ts", import.meta.url);

/** A worker in a process of its own. */
async function loneWorker(url: string, lab: WorkerLab, behaviour: string) {
  const child = fork(loner, [url, lab.agentId, lab.taskType, behaviour], {
    execArgv: ["--conditions=@mister-smith/source"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [started] = await once(child, "message");
  expect(started).toBe("started");
  return {
    child,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

describe.each(clusters())("the task queue, in trouble, on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  let lab: WorkerLab;
  beforeEach(async () => {
    lab = await workerLab(database().db);
  });
  const tasks = () => database().db.tasks;
  const results = async (taskId: string) =>
    (await tasks().executions(taskId)).map(({ status, result }) => ({ status, result }));

  it("lets a worker that was frozen beyond its lease neither complete its task nor overwrite the result", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    await using frozen = await loneWorker(database().url, lab, "on-message");
    await eventually("it works on the task", async () => (await lab.status(taskId)) === "running");
    frozen.child.kill("SIGSTOP");
    // Its result is ready the moment it wakes.
    frozen.child.send("finish");
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<string>();
    await using second = lab.worker(() => {
      begun.resolve();
      return finish.promise;
    });
    await second.start();
    await begun.promise;
    const lost = once(frozen.child, "message");
    frozen.child.kill("SIGCONT");
    expect((await lost)[0]).toBe("leaseLost");
    expect(await lab.status(taskId)).toBe("running");
    finish.resolve("second");
    await lab.reaches(taskId, "completed");
    expect(await results(taskId)).toEqual([
      { status: "failed", result: null },
      { status: "completed", result: "second" },
    ]);
    expect(await lab.status(taskId)).toBe("completed");
  });

  it("gives the task of a process that died to another, and has the lost attempt on record", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    await using dying = await loneWorker(database().url, lab, "kill-yourself");
    await once(dying.child, "exit");
    expect(dying.child.signalCode).toBe("SIGKILL");
    await using second = lab.worker(() => "second");
    await second.start();
    await lab.reaches(taskId, "completed");
    expect(await lab.attempts(taskId)).toEqual([
      { status: "failed", errorMessage: "the lease ran out: the worker was not heard of" },
      { status: "completed", errorMessage: null },
    ]);
  });

  it("goes by the server's clock, whatever the clocks of its workers say", async () => {
    const [taskId = ""] = await lab.enqueue(1);
    // A year ahead: by its own clock its lease has run out long ago, and so has everybody else's.
    await using skewed = await loneWorker(database().url, lab, "skewed");
    await eventually("it works on the task", async () => (await lab.status(taskId)) === "running");
    await using here = lab.worker(() => "here");
    await here.start();
    const [other = ""] = await lab.enqueue(2);
    await lab.reaches(other, "completed");
    skewed.child.send("finish");
    await lab.reaches(taskId, "completed");
    expect(await results(taskId)).toEqual([{ status: "completed", result: "finished" }]);
  });

  it("does each task once with twenty workers when nobody fails", async () => {
    const ids = await lab.enqueue(...Array.from({ length: 1_000 }, (_, at) => at));
    const done: number[] = [];
    const workers = Array.from({ length: 20 }, (_, at) =>
      lab.worker(({ payload }) => void done.push(Number(payload)), {
        concurrency: 1 + (at % 4),
        prefetch: at % 3,
        // Half of them share a claimer, the others are on their own.
        leaseMs: at % 2 === 0 ? 30_000 : 30_000 + at,
      }),
    );
    await Promise.all(workers.map((worker) => worker.drain()));
    expect(done.toSorted((a, b) => a - b)).toEqual(ids.map((_, at) => at));
    const attempts = sql.type(z.object({ count: z.int() }))`
      SELECT count(*)::INTEGER AS count FROM tasks.executions AS e
      WHERE e.task_type = ${lab.taskType} AND e.status = 'completed'
    `;
    expect(await database().db.write.oneFirst(attempts)).toBe(1_000);
  });

  it("never runs more of a type at once than its limit, with many workers", async () => {
    await tasks().setLimits(lab.taskType, { maxRunning: 3 });
    await lab.enqueue(...Array.from({ length: 120 }, (_, at) => at));
    const running = new Set<unknown>();
    let most = 0;
    let mostLeases = 0;
    let isOver = false;
    const watching = (async () => {
      const leases = sql.type(z.object({ count: z.int() }))`
        SELECT count(*)::INTEGER AS count FROM tasks.leases AS l WHERE l.task_type = ${lab.taskType}
      `;
      while (!isOver) mostLeases = Math.max(mostLeases, await database().db.background.oneFirst(leases));
    })();
    const workers = Array.from({ length: 8 }, (_, at) =>
      lab.worker(
        async ({ payload }) => {
          running.add(payload);
          most = Math.max(most, running.size);
          await new Promise((resolve) => setTimeout(resolve, 2));
          running.delete(payload);
        },
        { leaseMs: 30_000 + at },
      ),
    );
    await Promise.all(workers.map((worker) => worker.drain()));
    isOver = true;
    await watching;
    expect(most).toBeLessThanOrEqual(3);
    expect(mostLeases).toBeLessThanOrEqual(3);
    expect(mostLeases).toBeGreaterThan(1);
  });

  it("starts no more of a type in a period than its rate, with many workers", async () => {
    await tasks().setLimits(lab.taskType, { rate: { limit: 5, periodMs: 400 } });
    await lab.enqueue(...Array.from({ length: 20 }, (_, at) => at));
    const workers = Array.from({ length: 4 }, (_, at) => lab.worker(() => {}, { leaseMs: 30_000 + at }));
    await Promise.all(workers.map((worker) => worker.drain()));
    const started = sql.type(z.object({ startedAt: z.date() }))`
      SELECT e.started_at AS "startedAt" FROM tasks.executions AS e WHERE e.task_type = ${lab.taskType}
      ORDER BY e.started_at
    `;
    const times = (await database().db.write.anyFirst(started)).map((time) => time.getTime());
    expect(times).toHaveLength(20);
    // A bucket of five that fills evenly: in any span no more start than were in it and came in meanwhile.
    for (let from = 0; from < times.length; from += 1)
      for (let to = from; to < times.length; to += 1) {
        const span = (times[to] ?? 0) - (times[from] ?? 0);
        expect(to - from + 1).toBeLessThanOrEqual(5 + Math.ceil((span / 400) * 5) + 1);
      }
  });

  it("enqueues one task when twenty want to with the same unique key, and another when that has ended", async () => {
    const { taskType } = lab;
    const enqueue = () =>
      Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          // Half of them together in statements, half on connections of their own.
          at % 2 === 0
            ? tasks().enqueue({ taskType, uniqueKey: "one" })
            : database().db.transaction((tx) => tx.tasks.enqueue({ taskType, uniqueKey: "one" })),
        ),
      );
    for (let round = 0; round < 5; round += 1) {
      const enqueued = await enqueue();
      expect(enqueued.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(enqueued.map(({ taskId }) => taskId)).size).toBe(1);
      await lab.worker(() => {}).drain();
    }
  });

  it("holds to every kind of dependency and what it says of failures", async () => {
    const { taskType } = lab;
    const waiting = (
      taskId: string,
      type: "completion" | "data" | "start" | "resource",
      onFailure?: "ignore" | "wait",
    ) =>
      tasks().enqueue({
        taskType,
        dependsOn: [{ taskId, type, ...(onFailure === undefined ? {} : { onFailure }) }],
      });
    const { taskId: good } = await tasks().enqueue({ taskType, payload: "good" });
    const { taskId: bad } = await tasks().enqueue({ taskType, payload: "bad", maxRetries: 0 });
    const kinds = ["completion", "data", "start", "resource"] as const;
    const afterGood = await Promise.all(kinds.map((kind) => waiting(good, kind)));
    const afterBad = await Promise.all(kinds.map((kind) => waiting(bad, kind)));
    const ignoring = await waiting(bad, "completion", "ignore");
    const patient = await waiting(bad, "completion", "wait");
    const grandchild = await waiting(afterBad[0]?.taskId ?? "", "completion");
    let isBad = true;
    const worker = lab.worker(({ payload }) => {
      if (payload === "bad" && isBad) throw new Error("bad");
    });
    await worker.drain();
    const statuses = (of: readonly { readonly taskId: string }[]) =>
      Promise.all(of.map(({ taskId }) => lab.status(taskId)));
    expect(await statuses(afterGood)).toEqual(["completed", "completed", "completed", "completed"]);
    expect(await statuses(afterBad)).toEqual(["cancelled", "cancelled", "completed", "completed"]);
    expect(await statuses([ignoring, patient, grandchild])).toEqual(["completed", "queued", "cancelled"]);
    isBad = false;
    await tasks().redrive([bad]);
    await worker.drain();
    expect(await lab.status(patient.taskId)).toBe("completed");
  });

  it("does graphs of tasks, enqueued and done in batches by many at once, each once and after what it waits for", async () => {
    const random = seededRandom();
    const { taskType } = lab;
    const ids: string[] = [];
    const order: string[] = [];
    const waitsFor = new Map<string, readonly string[]>();
    const workers: Worker[] = Array.from({ length: 4 }, (_, at) =>
      lab.worker(
        ({ taskId }) => {
          if (random() < 0.1) throw new Error("by chance");
          order.push(taskId);
        },
        { leaseMs: 30_000 + at, concurrency: 20, prefetch: 20, heartbeatIntervalMs: 20 },
      ),
    );
    for (const worker of workers) await worker.start();
    const produce = async () => {
      for (let round = 0; round < 12; round += 1) {
        const batch = Array.from({ length: 20 }, () => {
          const dependsOn = Array.from({ length: 3 }, () => ids[Math.floor(random() ** 0.3 * ids.length)]);
          const known = [...new Set(dependsOn.filter((id) => id !== undefined))];
          return {
            taskType,
            maxRetries: 100,
            retry: { delayMs: 0 },
            dependsOn: known,
            ...(random() < 0.3 ? { orderKey: `key-${Math.floor(random() * 5)}` } : {}),
            ...(random() < 0.3 ? { uniqueKey: `key-${Math.floor(random() * 50)}` } : {}),
          };
        });
        const enqueued = await tasks().enqueueMany(batch);
        enqueued.forEach(({ taskId, isNew }, at) => {
          if (isNew) waitsFor.set(taskId, batch[at]?.dependsOn ?? []);
        });
        ids.push(...enqueued.filter(({ isNew }) => isNew).map(({ taskId }) => taskId));
      }
    };
    await Promise.all([produce(), produce(), produce()]);
    await eventually("all are done", () => order.length >= ids.length);
    await Promise.all(workers.map((worker) => worker.stop()));
    const place = new Map(order.map((taskId, at) => [taskId, at]));
    for (const [taskId, others] of waitsFor)
      for (const other of others) expect(place.get(other)).toBeLessThan(place.get(taskId) ?? -1);
    expect(order).toHaveLength(ids.length);
  });
});

describe.each(await postgresMajors())("workers of a PostgreSQL $major that is restarted", ({ binDir }) => {
  it("lose no result of handlers that ended meanwhile, and go on", async () => {
    const server = await startPostgres({ binDir, durability: "durable" });
    let db: Database | undefined;
    try {
      await migrateUp({ connection: server.url, folder: migrationsFolder() });
      db = await createDatabase({ primary: { url: server.url } });
      const lab = await workerLab(db);
      const ids = await lab.enqueue(1, 2, 3);
      const finish = Promise.withResolvers<void>();
      let begun = 0;
      let ended = 0;
      const worker = lab.worker(async ({ payload }) => {
        begun += 1;
        await finish.promise;
        ended += 1;
        return `result of ${payload}`;
      });
      await worker.start();
      await eventually("all run", () => begun === 3);
      // A claim alone does not wait for the disk; this does, and takes the claims with it.
      await db.tasks.setLimits("another type", { maxRunning: 1 });
      await server.kill();
      finish.resolve();
      await eventually("all have ended", () => ended === 3);
      await server.start();
      for (const taskId of ids) await lab.reaches(taskId, "completed");
      for (const [at, taskId] of ids.entries()) {
        const attempts = await db.tasks.executions(taskId);
        expect(attempts).toMatchObject([{ status: "completed", result: `result of ${at + 1}` }]);
      }
      const [later = ""] = await lab.enqueue(4);
      await lab.reaches(later, "completed");
      expect(begun).toBe(4);
      await worker.stop();
    } finally {
      await db?.close();
      await server.stop();
    }
  });
});
