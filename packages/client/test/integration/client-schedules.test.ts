import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, createWorker, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { eventually } from "../support/eventually.ts";

describe.each(clusters())("schedules on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const tasks = () => database().db.tasks;
  const makeDue = (name: string, hoursAgo: number) =>
    database().db.write.query(
      sql.type(z.object({}))`
        UPDATE tasks.schedules SET next_run_at = now() - ${hoursAgo} * INTERVAL '1 hour'
        WHERE schedule_name = ${name}`,
    );

  afterEach(async () => {
    for (const { name } of await tasks().schedules()) await tasks().removeSchedule(name);
  });

  it("are due at the times of their expression in their time zone", async () => {
    const schedule = await tasks().setSchedule({
      name: "nightly",
      cron: "30 3 * * *",
      timeZone: "Asia/Kolkata",
      task: { taskType: "clean" },
    });
    // Half past three in Kolkata is ten in the evening of UTC.
    expect(schedule.nextRunAt.toISOString()).toMatch(/T22:00:00\.000Z$/);
    expect(schedule.nextRunAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await tasks().runDueSchedules()).toEqual([]);
  });

  it("enqueue each run once, however many look", async () => {
    await tasks().setSchedule({
      name: "hourly",
      cron: "0 * * * *",
      task: { taskType: "clean", payload: { a: 1 } },
    });
    await makeDue("hourly", 1);
    await using other = await createDatabase({ primary: { url: database().url } });
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, at) => (at % 2 ? other.tasks : tasks()).runDueSchedules()),
    );
    const [run, ...more] = runs.flat();
    expect(more).toEqual([]);
    const task = await tasks().get(run?.taskId ?? "");
    expect(task).toMatchObject({
      taskType: "clean",
      payload: { a: 1 },
      metadata: { schedule: "hourly", dueAt: run?.dueAt.toISOString() },
    });
    expect(await tasks().schedules()).toMatchObject([{ name: "hourly", lastTaskId: run?.taskId }]);
  });

  it("make up for missed runs by one", async () => {
    await tasks().setSchedule({ name: "minutely", cron: "* * * * *", task: { taskType: "clean" } });
    await makeDue("minutely", 48);
    expect(await tasks().runDueSchedules()).toHaveLength(1);
    expect(await tasks().runDueSchedules()).toEqual([]);
  });

  it("that are set again at the same times keep what they missed, and make up for it by one", async () => {
    const daily = {
      name: "daily",
      cron: "0 3 * * *",
      timeZone: "Europe/Berlin",
      task: { taskType: "clean" },
    };
    await tasks().setSchedule(daily);
    await makeDue("daily", 2);
    const [missed] = await tasks().schedules();
    const again = await tasks().setSchedule({ ...daily, task: { taskType: "clean", payload: "new" } });
    expect(again.nextRunAt).toEqual(missed?.nextRunAt);
    const runs = await tasks().runDueSchedules();
    expect(runs).toMatchObject([{ schedule: "daily", dueAt: missed?.nextRunAt, isNew: true }]);
    expect((await tasks().get(runs[0]?.taskId ?? ""))?.payload).toBe("new");
    expect(await tasks().runDueSchedules()).toEqual([]);
  });

  it.each([
    ["another expression", { cron: "0 4 * * *" }],
    ["another time zone", { timeZone: "Asia/Tokyo" }],
    ["and not active", { isActive: false }],
  ])("that are set again with %s are due at their next time", async (_, change) => {
    const daily = { name: "daily", cron: "0 3 * * *", task: { taskType: "clean" } };
    await tasks().setSchedule(daily);
    await makeDue("daily", 2);
    const changed = await tasks().setSchedule({ ...daily, ...change });
    expect(changed.nextRunAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it("that were not active are due at their next time when they are active again", async () => {
    const daily = { name: "daily", cron: "0 3 * * *", task: { taskType: "clean" } };
    await tasks().setSchedule({ ...daily, isActive: false });
    await makeDue("daily", 2);
    const { nextRunAt } = await tasks().setSchedule(daily);
    expect(nextRunAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await tasks().runDueSchedules()).toEqual([]);
  });

  it("leave out a run while the task of the one before has not ended, when it has a unique key", async () => {
    await tasks().setSchedule({
      name: "slow",
      cron: "* * * * *",
      task: { taskType: "clean", uniqueKey: "slow" },
    });
    await makeDue("slow", 1);
    const [first] = await tasks().runDueSchedules();
    await makeDue("slow", 1);
    const [second] = await tasks().runDueSchedules();
    expect(second).toMatchObject({ taskId: first?.taskId, isNew: false });
  });

  it("that are not active enqueue nothing", async () => {
    await tasks().setSchedule({
      name: "off",
      cron: "* * * * *",
      task: { taskType: "clean" },
      isActive: false,
    });
    await makeDue("off", 1);
    expect(await tasks().runDueSchedules()).toEqual([]);
  });

  it.each([
    [{ cron: "61 * * * *" }, "61 * * * *"],
    [{ cron: "every day" }, "every day"],
    [{ cron: "0 0 30 2 *" }, "0 0 30 2 *"],
    [{ timeZone: "Mars/Olympus" }, "Mars/Olympus"],
  ])("refuse %j, naming it", async (wrong, named) => {
    await expect(
      tasks().setSchedule({ name: "wrong", cron: "* * * * *", task: { taskType: "clean" }, ...wrong }),
    ).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining(named) });
    expect(await tasks().schedules()).toEqual([]);
  });

  const breakTask = (name: string) =>
    database().db.write.query(
      sql.type(z.object({}))`
        UPDATE tasks.schedules SET task = task || ${JSON.stringify({ assignedAgentId: randomUUID() })}::JSONB
        WHERE schedule_name = ${name}`,
    );

  it("run beside one whose task cannot be enqueued, which says why and is due again at its next time", async () => {
    for (const name of ["before", "broken", "later"]) {
      await tasks().setSchedule({ name, cron: "0 * * * *", task: { taskType: "clean" } });
    }
    await breakTask("broken");
    await Promise.all([makeDue("before", 3), makeDue("broken", 2), makeDue("later", 1)]);
    const runs = await tasks().runDueSchedules();
    expect(runs.map(({ schedule, isNew }) => [schedule, isNew])).toEqual([
      ["before", true],
      ["broken", false],
      ["later", true],
    ]);
    expect(runs[1]).toMatchObject({ taskId: null, error: { code: "NOT_FOUND" } });
    expect(runs[1]?.nextRunAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await tasks().runDueSchedules()).toEqual([]);
    const broken = (await tasks().schedules()).find(({ name }) => name === "broken");
    expect(broken).toMatchObject({ isActive: true, lastRunAt: null, nextRunAt: runs[1]?.nextRunAt });
  });

  /** Has somebody else hold the unique key of a task while work runs. */
  async function whileKeyIsHeld(uniqueKey: string, work: () => Promise<void>): Promise<void> {
    const given = new Error("given back");
    const held = database().db.transaction(async (tx) => {
      await tx.tasks.enqueue({ taskType: "clean", uniqueKey });
      await work();
      throw given;
    });
    await held.catch((error: unknown) => {
      if (error !== given) throw error;
    });
  }

  it("stay due when somebody else's lock is in the way, beside others that run, and run when it is gone", async () => {
    await using patient = await createDatabase({ primary: { url: database().url, lockTimeoutMs: 0 } });
    const uniqueKey = "held";
    await tasks().setSchedule({ name: "kept", cron: "0 * * * *", task: { taskType: "clean", uniqueKey } });
    await tasks().setSchedule({ name: "later", cron: "0 * * * *", task: { taskType: "clean" } });
    await Promise.all([makeDue("kept", 2), makeDue("later", 1)]);
    const before = (await tasks().schedules()).find(({ name }) => name === "kept");
    await whileKeyIsHeld(uniqueKey, async () => {
      const [kept, later, ...more] = await patient.tasks.runDueSchedules();
      expect(more).toEqual([]);
      expect(kept).toMatchObject({
        schedule: "kept",
        dueAt: before?.nextRunAt,
        taskId: null,
        isNew: false,
        nextRunAt: before?.nextRunAt,
        error: { errorClass: "lock-timeout" },
      });
      expect(later).toMatchObject({ schedule: "later", isNew: true, error: null });
    });
    expect((await tasks().schedules()).find(({ name }) => name === "kept")).toEqual(before);
    const [run, ...more] = await patient.tasks.runDueSchedules();
    expect(more).toEqual([]);
    expect(run).toMatchObject({ schedule: "kept", dueAt: before?.nextRunAt, isNew: true, error: null });
  });

  it("run behind more of those that stay due than one call takes", async () => {
    const uniqueKey = "held from many";
    const names = Array.from({ length: 101 }, (_, at) => `kept ${at}`);
    const task = { taskType: "clean", uniqueKey };
    await Promise.all(names.map((name) => tasks().setSchedule({ name, cron: "0 * * * *", task })));
    await tasks().setSchedule({ name: "behind", cron: "0 * * * *", task: { taskType: "clean" } });
    await Promise.all([...names.map((name) => makeDue(name, 2)), makeDue("behind", 1)]);
    await whileKeyIsHeld(uniqueKey, async () => {
      const runs = await tasks().runDueSchedules();
      expect(runs.filter(({ error }) => error !== null)).toHaveLength(101);
      expect(runs.filter(({ isNew }) => isNew)).toMatchObject([{ schedule: "behind" }]);
    });
    const afterwards = [await tasks().runDueSchedules(), await tasks().runDueSchedules()];
    expect(afterwards.map((runs) => runs.length)).toEqual([100, 1]);
  });

  it.each([0, 50, 200])("leave the lock_timeout of a caller as it was: %d ms", async (ms) => {
    await tasks().setSchedule({ name: "due", cron: "0 * * * *", task: { taskType: "clean" } });
    await makeDue("due", 1);
    const setting = sql.type(z.object({ setting: z.string() }))`
      SELECT setting FROM pg_settings WHERE name = 'lock_timeout'`;
    await database().db.transaction(async (tx) => {
      await tx.query(sql.type(z.object({}))`SELECT set_config('lock_timeout', ${String(ms)}, true)`);
      expect(await tx.tasks.runDueSchedules()).toHaveLength(1);
      expect(await tx.oneFirst(setting)).toBe(String(ms));
    });
  });

  it("are tried again by workers until the lock is gone, and these tell of it", async () => {
    const uniqueKey = "held from workers";
    await tasks().setSchedule({ name: "kept", cron: "0 * * * *", task: { taskType: "clean", uniqueKey } });
    await using worker = createWorker(database().db, {
      agent: { agentType: "tester", agentName: "tester" },
      handlers: { other: () => {} },
      maintenanceIntervalMs: 50,
    });
    const tellings: unknown[] = [];
    worker.on("error", ({ doing, error }) => tellings.push({ doing, error }));
    await worker.start();
    await whileKeyIsHeld(uniqueKey, async () => {
      await makeDue("kept", 2);
      await eventually("the worker has met the lock twice", () => tellings.length > 1);
    });
    await eventually("the run is enqueued", async () => {
      const [kept] = await tasks().schedules();
      return kept?.lastTaskId !== null;
    });
    expect(tellings[0]).toMatchObject({
      doing: "enqueue the tasks of due schedules",
      error: { errorClass: "lock-timeout" },
    });
  });

  it("enqueue nothing when their expression is none, say so, and are not active after it", async () => {
    await tasks().setSchedule({ name: "wrong", cron: "0 0 * * *", task: { taskType: "never" } });
    await makeDue("wrong", 1);
    await database().db.write.query(
      sql.type(z.object({}))`
        UPDATE tasks.schedules SET cron_expression = 'at noon' WHERE schedule_name = 'wrong'`,
    );
    expect(await tasks().runDueSchedules()).toMatchObject([
      { taskId: null, isNew: false, nextRunAt: null, error: { code: "INVALID_INPUT" } },
    ]);
    expect(await tasks().schedules()).toMatchObject([{ name: "wrong", isActive: false }]);
    expect((await tasks().find({ taskTypes: ["never"] })).items).toEqual([]);
  });

  it("enqueue their last run when their expression is never due again, and are not active after it", async () => {
    await tasks().setSchedule({ name: "once", cron: "0 0 * * *", task: { taskType: "clean" } });
    await makeDue("once", 1);
    await database().db.write.query(
      sql.type(z.object({}))`
        UPDATE tasks.schedules SET cron_expression = '2020-01-01T00:00:00' WHERE schedule_name = 'once'`,
    );
    expect(await tasks().runDueSchedules()).toMatchObject([{ isNew: true, nextRunAt: null, error: null }]);
    expect(await tasks().schedules()).toMatchObject([{ name: "once", isActive: false }]);
    expect(await tasks().runDueSchedules()).toEqual([]);
  });

  it.each(["assignedAgentId", "createdByAgentId", "parentTaskId"])(
    "are refused when the %s of their task does not exist",
    async (field) => {
      const id = randomUUID();
      const wrong = tasks().setSchedule({
        name: "lost",
        cron: "0 * * * *",
        task: { taskType: "clean", [field]: id },
      });
      await expect(wrong).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining(id) });
      expect(await tasks().schedules()).toEqual([]);
    },
  );
});
