import { randomUUID } from "node:crypto";
import type { NewTask } from "@mister-smith/client";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unknownId, useOperatedSystem, widestLine } from "./operated-system.ts";

describe.each(clusters())("smith tasks on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const tasks = () => system().db.tasks;
  let agentId = "";
  let taskType = "";

  beforeAll(async () => {
    ({ agentId } = await system().db.agents.register({ agentType: "worker", agentName: "w" }));
  });
  beforeEach(() => {
    taskType = `report-${randomUUID().slice(0, 8)}`;
  });

  const enqueue = async (task: Partial<NewTask> = {}) =>
    (await tasks().enqueue({ taskType, ...task })).taskId;
  const claim = async (leaseMs = 60_000) => {
    const [claimed] = await tasks().claim({ agentId, taskTypes: [taskType], limit: 1, leaseMs });
    if (claimed === undefined) throw new TypeError("there was nothing to claim");
    return claimed;
  };
  const failForGood = async (task: Partial<NewTask> = {}) => {
    const taskId = await enqueue(task);
    await tasks().fail([{ ...(await claim()), message: "no \u001b[2Jluck", mayRetry: false }]);
    return taskId;
  };
  const statusOf = async (taskId: string) => (await tasks().get(taskId))?.status;
  const listed = async (line: string): Promise<string[]> => {
    const { code, json } = await system().smith(line);
    expect(code).toBe(0);
    return json.tasks.map((one: { taskId: string }) => one.taskId);
  };

  it("lists tasks, the newest first, with all of their fields", async () => {
    const taskId = await enqueue({ payload: { a: 1 }, orderKey: "k", uniqueKey: "u", taskName: "n" });
    const { json } = await system().smith(`tasks list --type ${taskType}`);
    expect(json).toMatchObject({
      nextCursor: null,
      tasks: [
        {
          taskId,
          taskType,
          taskName: "n",
          status: "pending",
          priority: "normal",
          payload: { a: 1 },
          orderKey: "k",
          uniqueKey: "u",
          fencingToken: "0",
          createdAt: expect.stringMatching(/Z$/),
          scheduledAt: null,
        },
      ],
    });
    const { stdout } = await system().text(`tasks list --type ${taskType}`);
    expect(stdout).toContain(taskId);
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("lists tasks by what they are, and page by page", async () => {
    const parent = await enqueue({ priority: "critical" });
    const child = await enqueue({ parentTaskId: parent, createdByAgentId: agentId });
    const mine = await enqueue({ assignedAgentId: agentId, priority: "low", orderKey: "k" });
    await tasks().pause([mine]);
    const of = `tasks list --type ${taskType}`;
    expect(await listed(of)).toEqual([mine, child, parent]);
    expect(await listed(`${of} --status paused,failed`)).toEqual([mine]);
    expect(await listed(`${of} --priority critical,low`)).toEqual([mine, parent]);
    expect(await listed(`${of} --agent ${agentId}`)).toEqual([mine]);
    expect(await listed(`${of} --created-by ${agentId}`)).toEqual([child]);
    expect(await listed(`${of} --parent ${parent}`)).toEqual([child]);
    expect(await listed(`${of} --order-key k`)).toEqual([mine]);
    expect(await listed(`${of} --unique-key k`)).toEqual([]);
    const { nextCursor } = (await system().smith(`${of} --limit 2`)).json;
    expect(await listed(`${of} --limit 2 --cursor ${nextCursor}`)).toEqual([parent]);
  });

  it("shows why a task waits, for whom, and who waits for it", async () => {
    const first = await enqueue({ payload: { deep: [1, 2] } });
    const second = await enqueue({ dependsOn: [{ taskId: first, onFailure: "wait" }] });
    const ready = (await system().smith(`tasks show ${first}`)).json;
    expect(ready).toMatchObject({
      task: { taskId: first, payload: { deep: [1, 2] } },
      why: expect.stringMatching(/^it is ready since .* and waits for a worker that takes report-/),
      standing: { lease: null, blockedBy: [] },
      waitsFor: [],
      waitedForBy: [{ taskId: second, status: "queued", type: "completion", onFailure: "wait" }],
    });
    expect((await system().smith(`tasks show ${second}`)).json).toMatchObject({
      why: `it waits for 1 task: ${first} (pending)`,
      waitsFor: [{ taskId: first, status: "pending" }],
    });
    await system().smith(`tasks limit ${taskType} --pause`);
    expect((await system().smith(`tasks show ${first}`)).json.why).toContain("are paused until");
  });

  it("shows who has a running task, how far it is, and its attempts with their errors", async () => {
    const taskId = await enqueue();
    await tasks().fail([{ ...(await claim()), message: "no \u001b[2Jluck", retryDelayMs: 0 }]);
    const attempt = await claim();
    await tasks().heartbeat([{ ...attempt, progress: { page: 7 } }], 60_000);
    const { json } = await system().smith(`tasks show ${taskId}`);
    expect(json).toMatchObject({
      why: expect.stringMatching(`^agent ${agentId} works on it and has it until `),
      standing: {
        lease: { agentId, fencingToken: expect.any(String), progress: { page: 7 } },
        runningOfType: 1,
      },
      attempts: [{ agentId, executionAttempt: 1, status: "failed", errorMessage: "no \u001b[2Jluck" }],
    });
    const { stdout } = await system().text(`tasks show ${taskId}`);
    expect(stdout).toContain("no \\u001b[2Jluck");
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain('{"page":7}');

    const running = (await system().smith(`tasks running --type ${taskType}`)).json.tasks;
    expect(running).toMatchObject([
      { taskId, agentId, fencingToken: expect.any(String), progress: { page: 7 } },
    ]);
    const table = (await system().text(`tasks running --type ${taskType}`)).stdout;
    expect(table).toContain(agentId);
    expect(widestLine(table)).toBeLessThanOrEqual(120);
  });

  it("counts the backlog and lists the dead, with their last error", async () => {
    const dead = await failForGood();
    await enqueue();
    await enqueue({ delayMs: 3_600_000 });
    const { json } = await system().smith("tasks backlog");
    expect(json.backlog).toContainEqual({
      taskType,
      ready: 1,
      delayed: 1,
      running: 0,
      dead: 1,
      oldestReadyAt: expect.stringMatching(/Z$/),
    });
    expect((await system().text("tasks backlog")).stdout).toContain(taskType);
    expect((await system().smith(`tasks dead --type ${taskType}`)).json).toMatchObject({
      nextCursor: null,
      tasks: [
        {
          taskId: dead,
          taskType,
          attempts: 1,
          errorMessage: "no \u001b[2Jluck",
          failedAt: expect.stringMatching(/Z$/),
        },
      ],
    });
    const { stdout } = await system().text(`tasks dead --type ${taskType}`);
    expect(stdout).toContain(dead);
    expect(stdout).not.toContain("\u001b");
  });

  it("enqueues a task as it is told, and names the one that has the unique key", async () => {
    const line = [
      "tasks",
      "enqueue",
      taskType,
      "--payload",
      '{"month": "2026-10"}',
      "--priority",
      "high",
      "--name",
      "a b",
    ];
    const { code, json } = await system().smith([
      ...line,
      "--delay",
      "1h",
      "--max-retries",
      "0",
      "--unique-key",
      "u",
    ]);
    expect(code).toBe(0);
    expect(json.isNew).toBe(true);
    expect(await tasks().get(json.taskId)).toMatchObject({
      taskType,
      payload: { month: "2026-10" },
      priority: "high",
      taskName: "a b",
      maxRetries: 0,
      uniqueKey: "u",
    });
    const again = await system().text(`tasks enqueue ${taskType} --unique-key u`);
    expect(again).toMatchObject({
      code: 0,
      stdout: `${json.taskId}\n`,
      stderr: expect.stringContaining("nothing was enqueued"),
    });
    expect(await system().smith(`tasks enqueue ${taskType} --agent ${unknownId}`)).toMatchObject({ code: 8 });
  });

  it("cancels what waits, asks what runs to stop, and says what has ended", async () => {
    const running = await enqueue();
    await claim();
    const waiting = await enqueue();
    const { code, json, stderr } = await system().smith(`tasks cancel ${running} ${waiting} ${unknownId}`);
    expect(code).toBe(8);
    expect(stderr).toContain("1 task of 3 does not exist");
    expect(json.tasks).toEqual(
      expect.arrayContaining([
        { taskId: running, outcome: "requested" },
        { taskId: waiting, outcome: "cancelled" },
        { taskId: unknownId, outcome: "missing" },
      ]),
    );
    expect(await statusOf(waiting)).toBe("cancelled");
    expect((await tasks().standing(running))?.lease?.cancelRequested).toBe(true);
    expect((await system().smith(`tasks cancel ${waiting}`)).code).toBe(0);
    const done = await failForGood();
    expect(await system().text(`tasks cancel ${done}`)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("already failed"),
      stderr: "1 task of 1 stayed as it is\n",
    });
  });

  it("holds tasks back and lets them go on", async () => {
    const taskId = await enqueue();
    expect(await system().smith(`tasks pause ${taskId}`)).toMatchObject({
      code: 0,
      json: { tasks: [{ taskId, outcome: "paused" }] },
    });
    expect(await statusOf(taskId)).toBe("paused");
    expect((await system().smith(`tasks pause ${taskId}`)).code).toBe(0);
    expect((await system().smith(`tasks resume ${taskId}`)).code).toBe(0);
    expect(await statusOf(taskId)).toBe("pending");
    expect(await system().smith(`tasks resume ${taskId}`)).toMatchObject({
      code: 1,
      json: { tasks: [{ taskId, outcome: "is pending" }] },
    });
    expect((await system().smith(`tasks pause ${unknownId}`)).code).toBe(8);
  });

  it("has tasks tried now that failed, or that wait for their next attempt", async () => {
    const waiting = await enqueue();
    await tasks().fail([{ ...(await claim()), message: "later", retryDelayMs: 3_600_000 }]);
    const dead = await failForGood();
    const blocked = await enqueue({ dependsOn: [waiting] });
    expect((await tasks().backlog()).find((one) => one.taskType === taskType)).toMatchObject({
      ready: 0,
      delayed: 1,
    });
    const { code, json } = await system().smith(`tasks retry ${waiting} ${dead} ${blocked}`);
    expect(code).toBe(1);
    expect(json.tasks).toEqual(
      expect.arrayContaining([
        { taskId: waiting, outcome: "ready now" },
        { taskId: dead, outcome: "redriven" },
        { taskId: blocked, outcome: "is queued" },
      ]),
    );
    expect([(await claim()).taskId, (await claim()).taskId].sort()).toEqual([waiting, dead].sort());
    expect((await system().smith(`tasks retry ${unknownId}`)).code).toBe(8);
  });

  it("redrives named tasks, and all dead ones of a type, and no others", async () => {
    const one = await failForGood();
    expect(await system().smith(`tasks redrive ${one}`)).toMatchObject({
      code: 0,
      json: { tasks: [{ taskId: one, outcome: "redriven" }] },
    });
    expect(await system().smith(`tasks redrive ${one}`)).toMatchObject({ code: 1 });
    expect((await system().smith(`tasks redrive ${one} ${unknownId}`)).code).toBe(8);
    await tasks().cancel([one]);

    const two = await failForGood();
    const taken = await failForGood({ uniqueKey: "u" });
    await enqueue({ uniqueKey: "u", delayMs: 3_600_000 });
    const [ownType, otherType] = [taskType, `${taskType}-other`];
    taskType = otherType;
    const other = await failForGood();
    const all = await system().text(`tasks redrive --type ${ownType} --all`);
    expect(all).toMatchObject({
      code: 1,
      stdout: "1 task redriven\n",
      stderr: expect.stringContaining("unique key"),
    });
    expect([await statusOf(two), await statusOf(taken), await statusOf(other)]).toEqual([
      "pending",
      "failed",
      "failed",
    ]);
    expect((await system().smith(`tasks redrive --type ${otherType} --all`)).code).toBe(0);
    expect(await statusOf(other)).toBe("pending");
  });

  it("limits and pauses a type, and frees it again", async () => {
    const of = `tasks limit ${taskType}`;
    expect((await system().smith(`${of} --max-running 4 --rate 100/1m --pause`)).json).toEqual({
      limits: { taskType, maxRunning: 4, rate: { limit: 100, periodMs: 60_000 }, isPaused: true },
    });
    expect((await system().smith(`${of} --max-running none --resume`)).json.limits).toEqual({
      taskType,
      maxRunning: null,
      rate: { limit: 100, periodMs: 60_000 },
      isPaused: false,
    });
    expect(
      (await system().smith("tasks limits")).json.limits.map((one: { taskType: string }) => one.taskType),
    ).toContain(taskType);
    expect((await system().text("tasks limits")).stdout).toContain("100 in 1 min 00 s");
    expect((await system().smith(`${of} --remove`)).json).toEqual({ limits: null });
    expect((await system().smith(`${of} --remove`)).code).toBe(8);
  });

  it("lists the schedules", async () => {
    await tasks().setSchedule({ name: `nightly ${taskType}`, cron: "0 3 * * *", task: { taskType } });
    expect((await system().smith("tasks schedules")).json.schedules).toContainEqual(
      expect.objectContaining({
        name: `nightly ${taskType}`,
        cron: "0 3 * * *",
        timeZone: "UTC",
        isActive: true,
      }),
    );
    const { stdout } = await system().text("tasks schedules");
    expect(stdout).toMatch(/0 3 \* \* \* +UTC +\d{4}-\d\d-\d\dT03:00:00Z/);
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("prunes what ended long ago, and only that", async () => {
    const dead = await failForGood();
    const waiting = await enqueue();
    expect((await system().smith("tasks prune --older-than 1h")).json).toEqual({ pruned: 0 });
    const pruned = await system().smith("tasks prune --older-than 0s");
    expect(pruned.json.pruned).toBeGreaterThan(0);
    expect([await tasks().get(dead), await statusOf(waiting)]).toEqual([null, "pending"]);
  });

  it("finds a task that cannot be claimed, and puts it back", async () => {
    const taskId = await enqueue();
    await system().sql(`DELETE FROM tasks.ready WHERE task_id = '${taskId}'`);
    expect((await system().smith(`tasks show ${taskId}`)).json.why).toContain("`smith tasks repair`");
    expect((await system().smith("tasks repair")).json).toEqual({ repaired: 1 });
    expect((await system().text("tasks repair")).stdout).toBe("nothing was missing\n");
    expect((await claim()).taskId).toBe(taskId);
  });

  it.each([
    ["tasks list --type none", "no task is like that"],
    ["tasks running --type none", "no task of type none runs"],
    ["tasks dead --type none", "no task of type none is dead"],
  ])("says of %s that there is nothing, on stderr", async (line, words) => {
    expect(await system().text(line)).toEqual({ code: 0, stdout: "", stderr: `${words}\n` });
  });

  it("ends show of a task that does not exist with exit code 8", async () => {
    expect(await system().smith(`tasks show ${unknownId}`)).toMatchObject({
      code: 8,
      json: {
        error: { code: "NOT_FOUND", message: `task ${unknownId} does not exist`, hint: expect.any(String) },
      },
    });
  });

  it.each([
    ["an id that is none", "tasks show nine", "expected an id"],
    ["ids of which one is none", `tasks cancel ${unknownId} nine`, "nine: expected an id"],
    ["a status that is none", "tasks list --status done", "pending, queued"],
    ["a priority that is none", "tasks enqueue x --priority soon", "critical, urgent"],
    ["broken JSON", "tasks enqueue x --payload {a", "expected JSON"],
    ["a delay that is none", "tasks enqueue x --delay 1", "such as 90s"],
    ["nothing to redrive", "tasks redrive", "no task is named"],
    ["a type without --all", "tasks redrive --type x", "needs --all"],
    ["ids with --all", `tasks redrive ${unknownId} --all`, "do not go together"],
    ["no limits", "tasks limit x", "nothing is said"],
    ["a limit of none", "tasks limit x --max-running 0", "from 1 to 1000000"],
    ["a rate that is none", "tasks limit x --rate 100", "100/1m"],
    ["both directions", "tasks limit x --pause --resume", "do not go together"],
    ["a removal with more", "tasks limit x --remove --pause", "does not go together"],
    ["pruning without an age", "tasks prune", "--older-than is needed"],
    ["an age that is none", "tasks prune --older-than month", "such as 90s"],
    ["a foreign cursor", "tasks list --cursor abc", "not a cursor of tasks"],
  ])("refuses %s with exit code 2, and says what is allowed", async (_, line, words) => {
    const { code, json } = await system().smith(line);
    expect(json.error?.message).toContain(words);
    expect(code).toBe(2);
  });
});
