import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NewTask } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";

describe.each(clusters())("where a task stands, on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const tasks = () => database().db.tasks;
  let agentId = "";
  let taskType = "";

  beforeAll(async () => {
    ({ agentId } = await database().db.agents.register({ agentType: "worker", agentName: "first" }));
  });
  beforeEach(() => {
    taskType = `report-${randomUUID()}`;
  });

  const enqueue = async (task: Partial<NewTask> = {}) =>
    (await tasks().enqueue({ taskType, ...task })).taskId;
  const claim = async () => {
    const [claimed] = await tasks().claim({ agentId, taskTypes: [taskType], limit: 1 });
    if (claimed === undefined) throw new Error("there was nothing to claim");
    return claimed;
  };

  it("says from when on it may be claimed", async () => {
    const now = await tasks().standing(await enqueue());
    expect(now).toMatchObject({ lease: null, blockedBy: [], behindTaskId: null, runningOfType: 0 });
    expect(+(now?.claimableFrom ?? Number.NaN)).toBeLessThanOrEqual(+(now?.asOf ?? 0));
    const scheduledAt = new Date("2999-01-01T00:00:00.000Z");
    expect(await tasks().standing(await enqueue({ scheduledAt }))).toMatchObject({
      claimableFrom: scheduledAt,
    });
  });

  it("says who works on it, until when, and how far it is", async () => {
    const taskId = await enqueue();
    const { fencingToken } = await claim();
    await tasks().heartbeat([{ taskId, fencingToken, progress: { done: 3 } }], 30_000);
    await tasks().cancel([taskId]);
    const standing = await tasks().standing(taskId);
    expect(standing).toMatchObject({
      claimableFrom: null,
      runningOfType: 1,
      lease: { agentId, cancelRequested: true, progress: { done: 3 } },
    });
    expect(standing?.lease?.leaseExpiresAt).toBeInstanceOf(Date);
    expect(+(standing?.lease?.leaseExpiresAt ?? 0)).toBeGreaterThan(+(standing?.asOf ?? Number.NaN));
  });

  it("names only those of its dependencies that hold it up still, and who waits for whom", async () => {
    const begun = await enqueue({ priority: "critical" });
    const open = await enqueue();
    const taskId = await enqueue({
      dependsOn: [
        { taskId: begun, type: "start" },
        { taskId: open, onFailure: "wait" },
      ],
    });
    const blockers = async () => (await tasks().standing(taskId))?.blockedBy.map((one) => one.taskId);
    expect(await blockers()).toEqual(expect.arrayContaining([begun, open]));
    expect((await claim()).taskId).toBe(begun);
    expect(await tasks().standing(taskId)).toMatchObject({
      claimableFrom: null,
      blockedBy: [{ taskId: open, taskType, type: "completion", onFailure: "wait", status: "pending" }],
    });
    expect(await tasks().dependents(open)).toEqual([
      { taskId, taskType, type: "completion", onFailure: "wait", status: "queued" },
    ]);
    expect(await tasks().dependents(taskId)).toEqual([]);
  });

  it("names the task of the same order key whose turn it is", async () => {
    const first = await enqueue({ orderKey: "k" });
    const second = await enqueue({ orderKey: "k" });
    expect(await tasks().standing(first)).toMatchObject({ behindTaskId: null });
    expect(await tasks().standing(second)).toMatchObject({ behindTaskId: first, claimableFrom: null });
    await tasks().addDependencies(first, [(await tasks().enqueue({ taskType: `${taskType}-other` })).taskId]);
    expect(await tasks().standing(first)).toMatchObject({ behindTaskId: null, claimableFrom: null });
  });

  it("is null for a task that does not exist", async () => {
    expect(await tasks().standing(randomUUID())).toBeNull();
  });
});
