import type { TaskStanding } from "@mister-smith/client";
import { describe, expect, it } from "vitest";
import { type WaitingTask, whyItWaits } from "./why-it-waits.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 2, 0, second));
const task: WaitingTask["task"] = {
  taskId: "t1",
  taskType: "report",
  status: "pending",
  completedAt: null,
  expiresAt: null,
  retryCount: 0,
  maxRetries: 3,
  assignedAgentId: null,
  orderKey: null,
};
const standing: TaskStanding = {
  asOf: at(30),
  lease: null,
  claimableFrom: at(10),
  blockedBy: [],
  behindTaskId: null,
  runningOfType: 2,
};
const lease = {
  agentId: "a1",
  fencingToken: 1n,
  startedAt: at(0),
  heartbeatAt: at(20),
  leaseExpiresAt: at(50),
  cancelRequested: false,
  progress: null,
};
const blocker = { taskId: "t0", taskType: "report", type: "completion", onFailure: "wait" } as const;
const limits = { taskType: "report", maxRunning: null, rate: null, isPaused: false };

describe("why a task does not run", () => {
  it.each<[string, Partial<WaitingTask["task"]>, Partial<TaskStanding>, WaitingTask["limits"], string]>([
    [
      "ready",
      {},
      {},
      undefined,
      "it is ready since 2026-11-23T02:00:10.000Z and waits for a worker that takes report; 2 of its type run",
    ],
    ["for one agent", { assignedAgentId: "a9" }, {}, undefined, "waits for a worker of agent a9"],
    [
      "not yet due",
      {},
      { claimableFrom: at(40) },
      undefined,
      "it is not to be started before 2026-11-23T02:00:40.000Z",
    ],
    [
      "between attempts",
      { retryCount: 2 },
      { claimableFrom: at(40) },
      undefined,
      "retry 2 of 3 is not to be started before",
    ],
    ["expired", { expiresAt: at(20) }, {}, undefined, "it expired at 2026-11-23T02:00:20.000Z"],
    ["missing", {}, { claimableFrom: null }, undefined, "`smith tasks repair`"],
    [
      "of a paused type",
      {},
      {},
      { ...limits, isPaused: true },
      "are paused until `smith tasks limit report --resume`",
    ],
    [
      "at the limit",
      {},
      {},
      { ...limits, maxRunning: 2 },
      "2 of type report run, and its limit is 2 at once",
    ],
    ["below the limit", {}, {}, { ...limits, maxRunning: 3 }, "it is ready since"],
    [
      "of a slow type",
      {},
      {},
      { ...limits, rate: { limit: 5, periodMs: 60_000 } },
      "at most 5 may start in 1 min 00 s",
    ],
    ["paused", { status: "paused" }, {}, undefined, "`smith tasks resume t1`"],
    [
      "blocked",
      { status: "queued" },
      { blockedBy: [{ ...blocker, status: "running" }] },
      undefined,
      "it waits for 1 task: t0 (running)",
    ],
    [
      "blocked for good",
      { status: "queued" },
      { blockedBy: [{ ...blocker, status: "failed" }] },
      undefined,
      "t0 (failed, to be redriven)",
    ],
    [
      "in line",
      { status: "queued", orderKey: "k" },
      { behindTaskId: "t0" },
      undefined,
      "it is not its turn: task t0 has the same order key k",
    ],
    [
      "running",
      { status: "running" },
      { lease },
      undefined,
      "agent a1 works on it and has it until 2026-11-23T02:00:50.000Z",
    ],
    [
      "asked to stop",
      { status: "running" },
      { lease: { ...lease, cancelRequested: true } },
      undefined,
      "agent a1 is asked to stop",
    ],
    [
      "abandoned",
      { status: "running" },
      { lease: { ...lease, leaseExpiresAt: at(30) } },
      undefined,
      "the lease of agent a1 ran out",
    ],
    ["running elsewhere", { status: "running" }, {}, undefined, "nobody has a lease"],
    ["dead", { status: "failed", completedAt: at(1) }, {}, undefined, "`smith tasks redrive t1`"],
    [
      "done",
      { status: "completed", completedAt: at(1) },
      {},
      undefined,
      "it was completed at 2026-11-23T02:00:01.000Z",
    ],
    ["cancelled", { status: "cancelled", completedAt: at(1) }, {}, undefined, "it was cancelled at"],
  ])("is said of one that is %s", (_, ofTask, ofStanding, itsLimits, words) => {
    expect(
      whyItWaits({
        task: { ...task, ...ofTask },
        standing: { ...standing, ...ofStanding },
        limits: itsLimits,
      }),
    ).toContain(words);
  });
});
