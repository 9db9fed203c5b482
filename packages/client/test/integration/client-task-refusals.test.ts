import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createWorker, type NewTask, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";

const nothing = z.object({});

describe.each(clusters())("tasks that are refused on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const tasks = () => database().db.tasks;
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

  it.each<[string, Partial<NewTask>, string]>([
    ["a type that is empty", { taskType: "" }, "taskType"],
    ["a type that is too long", { taskType: "x".repeat(101) }, "taskType"],
    ["two starts", { scheduledAt: new Date(), delayMs: 1 }, "not both"],
    ["a negative delay", { delayMs: -1 }, "delayMs"],
    ["a field that is none", { typo: 1 } as Partial<NewTask>, "typo"],
    ["text with NUL", { payload: { a: "x\0" } }, "U+0000"],
    ["an empty order key", { orderKey: "" }, "orderKey"],
  ])("refuse %s, and enqueue nothing", async (_, task, words) => {
    await expect(enqueue(task)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(words),
    });
    expect((await tasks().find()).items).toEqual([]);
  });

  it.each<[string, Partial<NewTask>]>([
    ["assigned agent", { assignedAgentId: randomUUID() }],
    ["creator", { createdByAgentId: randomUUID() }],
    ["dependency", { dependsOn: [randomUUID()] }],
  ])("name the %s that does not exist", async (_, task) => {
    const missing = Object.values(task).flat()[0];
    await expect(enqueue(task)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(String(missing)),
    });
  });

  it("have one outcome however often, and in whatever spelling, they are named", async () => {
    const taskId = await enqueue();
    const named = [taskId, taskId.toUpperCase(), taskId];
    expect(await tasks().cancel(named)).toEqual([{ taskId, outcome: "cancelled" }]);
    expect(await tasks().redrive(named)).toEqual([{ taskId, outcome: "redriven" }]);
  });

  it("refuse an identifier that two of them have, naming both", async () => {
    const taskId = randomUUID();
    const many = [
      { taskType: "report", taskId },
      { taskType: "report" },
      { taskType: "other", taskId: taskId.toUpperCase() },
    ];
    await expect(tasks().enqueueMany(many)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(new RegExp(`${taskId} is given twice, .*\\[0\\].*\\[2\\]`, "s")),
    });
    expect((await tasks().find()).items).toEqual([]);
  });

  it.each<[string, Partial<NewTask>]>([
    ["", {}],
    [" with a unique key", { uniqueKey: "k" }],
  ])("refuse an identifier that a task of another type has%s", async (_, keyed) => {
    const taskId = await enqueue({ taskType: "other" });
    await expect(enqueue({ taskId, ...keyed })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      message: expect.stringMatching(new RegExp(`${taskId}.*other`)),
    });
    expect((await tasks().find()).items).toHaveLength(1);
  });

  it.each([{ orderKey: "" }, { uniqueKey: "" }])("cannot be found by %j", async (filter) => {
    await enqueue();
    const refused = {
      code: "INVALID_INPUT",
      message: expect.stringContaining(Object.keys(filter)[0] ?? "no key"),
    };
    await expect(tasks().find(filter)).rejects.toMatchObject(refused);
    expect(() => tasks().stream(filter)).toThrow(expect.objectContaining(refused));
  });

  it("name a parent that does not exist when they are refused for it", async () => {
    const parentTaskId = randomUUID();
    await expect(enqueue({ parentTaskId })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(parentTaskId),
    });
  });

  it("that wait for each other in a circle are refused in words of tasks, not of statements", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const circle = tasks().enqueueMany([
      { taskType: "report", taskId: one, dependsOn: [other] },
      { taskType: "report", taskId: other, dependsOn: [one] },
    ]);
    await expect(circle).rejects.toMatchObject({
      code: "DEPENDENCY_CYCLE",
      message: expect.stringMatching(/^task [0-9a-f-]{36} would wait for itself/),
    });
  });

  it("are not prolonged for ages, with a hint of what may be", async () => {
    await expect(tasks().heartbeat([], 1e12)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      hint: expect.stringContaining("milliseconds"),
    });
  });

  it("never wait for themselves", async () => {
    const taskId = randomUUID();
    const cycle = { code: "DEPENDENCY_CYCLE", message: expect.stringContaining(taskId) };
    await expect(enqueue({ taskId, dependsOn: [taskId] })).rejects.toMatchObject(cycle);
    await enqueue({ taskId });
    await expect(tasks().addDependencies(taskId, [{ taskId }])).rejects.toMatchObject(cycle);
  });

  const twice = randomUUID();
  it.each<[string, Partial<NewTask>, string]>([
    ["an expiry that is over", { expiresAt: new Date(0) }, "1970-01-01"],
    ["a type with U+0000", { taskType: "a\0b" }, "taskType"],
    ["an order key with half a character", { orderKey: "\ud800" }, "orderKey"],
    ["a unique key with U+0000", { uniqueKey: "\0" }, "uniqueKey"],
    ["a name with U+0000", { taskName: "a\0" }, "taskName"],
    ["a time beyond the calendar", { scheduledAt: new Date(8.64e15) }, "scheduledAt"],
    ["a time before the calendar", { scheduledAt: new Date(-8.64e15) }, "scheduledAt"],
    ["itself as its parent", { taskId: twice, parentTaskId: twice.toUpperCase() }, "parentTaskId"],
    ["the same dependency twice", { dependsOn: [twice, { taskId: twice, type: "start" }] }, twice],
  ])("are refused with %s, which is named", async (_, wrong, named) => {
    await expect(enqueue(wrong)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(named),
    });
  });

  const claimOf = (taskType: string) => tasks().claim({ agentId: twice, taskTypes: [taskType] });
  const scheduleNamed = (name: string) =>
    tasks().setSchedule({ name, cron: "0 3 * * *", task: { taskType: "night" } });
  const workerOf = async (agent: { agentType?: string; agentName?: string }, taskType = "work") =>
    createWorker(database().db, {
      agent: { agentType: "worker", agentName: "of nobody", ...agent },
      handlers: { [taskType]: () => null },
    });
  const attempt = { taskId: twice, fencingToken: 1n };
  const failed = { ...attempt, message: "on purpose" };
  it.each<[string, () => Promise<unknown>, string]>([
    // What TypeScript would not let through.
    ["no attempt", () => tasks().complete(JSON.parse("[null]")), "completions: [0]"],
    ["a task that is no UUID", () => tasks().complete([{ ...attempt, taskId: "x" }]), '"x"'],
    ["a record that is no UUID", () => tasks().release([{ ...attempt, executionId: "y" }]), '"y"'],
    [
      "a failure without a message",
      () => tasks().fail([{ ...failed, message: JSON.parse("null") }]),
      "message",
    ],
    ["a message with U+0000", () => tasks().fail([{ ...failed, message: "\0" }]), "U+0000"],
    ["a delay below zero", () => tasks().fail([{ ...failed, retryDelayMs: -1 }]), "-1"],
    ["one attempt twice", () => tasks().complete([attempt, attempt]), "is listed twice"],
    [
      "one attempt in two spellings",
      () => tasks().release([attempt, { ...attempt, taskId: twice.toUpperCase() }]),
      "is listed twice",
    ],
    [
      "one attempt twice, another at its task between",
      () => tasks().fail([failed, { ...failed, fencingToken: 0n }, failed]),
      "is listed twice",
    ],
    ["half a millisecond", () => tasks().fail([{ ...failed, retryDelayMs: 1.5 }]), "1.5"],
    ["a delay of ages", () => tasks().fail([{ ...failed, retryDelayMs: 1e17 }]), "100000000000000000"],
    ["a lease that is no number", () => tasks().heartbeat([attempt], Number.NaN), "NaN"],
    ["a lease below zero", () => tasks().heartbeat([attempt], -5), "-5"],
    ["an age of ages", () => tasks().prune({ olderThanMs: Number.MAX_SAFE_INTEGER }), "olderThanMs"],
    ["half a character of a type to claim", () => claimOf("\ud800"), "taskTypes[0]"],
    ["U+0000 in a type to claim", () => claimOf("a\0"), "taskTypes[0]"],
    [
      "half a character of a type to limit",
      () => tasks().setLimits("\ud800", { maxRunning: 1 }),
      "the type of tasks",
    ],
    ["U+0000 in a type to look for", () => tasks().find({ taskTypes: ["\0"] }), "taskTypes[0]"],
    [
      "half a character of a dead letter's type",
      () => tasks().deadLetters({ taskTypes: ["\udfff"] }),
      "taskTypes[0]",
    ],
    ["half a character of a schedule's name", () => scheduleNamed("\ud800"), "name"],
    ["U+0000 in a schedule's name", () => scheduleNamed("a\0"), "name"],
    [
      "U+0000 in the name of a schedule to remove",
      () => tasks().removeSchedule("\0"),
      "the name of a schedule",
    ],
    ["half a character of a worker's name", () => workerOf({ agentName: "\ud800" }), "agent.agentName"],
    ["U+0000 in a worker's type", () => workerOf({ agentType: "\0" }), "agent.agentType"],
    ["half a character of a handler's type", () => workerOf({}, "\ud800"), "handlers"],
    ["a time of ages", () => tasks().reschedule([twice], { scheduledAt: new Date(8.64e15) }), "scheduledAt"],
  ])("take nothing with %s, which is named", async (_, call, named) => {
    await expect(call()).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(named),
    });
  });
});
