import { describe, expect, it } from "vitest";
import type { RunEvent } from "../format/run-event.ts";
import type { Run } from "../run.ts";
import { finalRows } from "./final-rows.ts";
import type { Plan } from "./plan.ts";
import { durationOf, planRun } from "./plan-run.ts";
import { stableId } from "./stable-id.ts";
import { timelineOf } from "./timeline.ts";

const events: readonly RunEvent[] = [
  { type: "agent", agent: "a", agent_type: "coder" },
  { type: "lifecycle", agent: "a", event: "started", status: "active" },
  { type: "task", task: "t", agent: "a", task_type: "fix" },
  {
    type: "step",
    step: 1,
    agent: "a",
    task: "t",
    action: "ls",
    state: { dir: "/" },
    duration_ms: 20,
    outcome: "completed",
  },
  { type: "fact", agent: "a", entity_type: "file", entity_id: "x", predicate: "seen", value: null },
  {
    type: "step",
    step: 2,
    agent: "a",
    task: "t",
    action: "cd",
    state: { dir: "/x" },
    outcome: "failed",
    error: { message: "no" },
  },
  { type: "checkpoint", agent: "a" },
  { type: "outcome", task: "t", status: "failed", error: { message: "gave up" } },
];

const run: Run = {
  id: "r",
  title: undefined,
  startedAt: undefined,
  source: {},
  file: "r.jsonl",
  digest: "d",
  events,
};
const startsAt = new Date("2026-03-02T09:00:00.000Z");
const plan = (copy = 1, label = "") => planRun(run, { copy, label, startsAt });

function idsOf(planned: Plan): Set<unknown> {
  return new Set(
    planned.beats
      .flatMap(({ writes }) => writes)
      .flatMap((write) => (write.kind === "insert" ? Object.entries(write.row) : []))
      .filter(([column]) => column.endsWith("_id") && column !== "entity_id")
      .map(([, id]) => id),
  );
}

describe("planning a run", () => {
  it("gives the same ids and rows every time", () => {
    expect(plan()).toEqual(plan());
  });

  it("shares no id between copies, labels and runs", () => {
    const others = [
      plan(2),
      plan(1, "again"),
      planRun({ ...run, id: "s" }, { copy: 1, label: "", startsAt }),
    ];
    for (const other of others) expect([...idsOf(plan())].filter((id) => idsOf(other).has(id))).toEqual([]);
  });

  it("writes a task with its execution, two messages and the state for every step", () => {
    const steps = plan().beats.filter(({ step }) => step !== undefined);
    for (const { writes } of steps) {
      const targets = writes.map((write) => (write.kind === "put-state" ? "agents.state" : write.table));
      expect(targets.filter((table) => table !== "messages.channels")).toEqual([
        "tasks.queue",
        "tasks.executions",
        "messages.log",
        "messages.log",
        "agents.state",
        "agents.state",
      ]);
    }
  });

  it("raises the version of a state at every step and leaves the last value", () => {
    const rows = [...(finalRows(plan()).get("agents.state")?.values() ?? [])];
    expect(rows).toMatchObject([
      { state_key: "dir", state_value: "/x", version: 2 },
      { state_key: "run.progress", state_value: { step: 2, outcome: "failed" }, version: 2 },
    ]);
  });

  it("keeps the state of that moment in a checkpoint", () => {
    const [row] = finalRows(plan()).get("agents.checkpoints")?.values() ?? [];
    expect(row).toMatchObject({ state_snapshot: { dir: "/x", "run.progress": { step: 2 } } });
  });

  it("leaves the agent marked as complete only with its last write", () => {
    const last = plan().beats.at(-1)?.writes;
    expect(last).toMatchObject([
      { kind: "update", table: "agents.registry", set: { metadata: { replay: { state: "complete" } } } },
    ]);
    const before = plan()
      .beats.slice(0, -1)
      .flatMap(({ writes }) => writes);
    expect(JSON.stringify(before)).not.toContain('"complete"');
  });

  it("keeps JSON's null apart from a column that is NULL", () => {
    const [fact] = finalRows(plan()).get("knowledge.facts")?.values() ?? [];
    expect(fact).toHaveProperty("object_value", null);
    expect(fact).not.toHaveProperty("confidence_score");
  });
});

describe("placing a run in time", () => {
  it("keeps durations, and begins no two events at the same moment", () => {
    const spans = timelineOf(run);
    expect(spans[3]).toEqual({ start: 3, end: 23 });
    expect(spans[4]?.start).toBe(24);
    expect(new Set(spans.map(({ start }) => start)).size).toBe(spans.length);
    expect(durationOf(run)).toBe(29);
  });

  it("keeps recorded times, also where steps overlap", () => {
    const at = (ms: number) => new Date(startsAt.getTime() + ms).toISOString();
    const timed = events.map((event, index) => ({ ...event, at: at(index * 10) }));
    const spans = timelineOf({ events: timed, startedAt: at(-100) });
    expect(spans.map(({ start }) => start)).toEqual([100, 110, 120, 130, 140, 150, 160, 170]);
    expect(spans[3]?.end).toBe(150);
  });

  it("orders events of the same recorded moment as the file has them", () => {
    const timed = events.map((event) => ({ ...event, at: "2026-03-02T09:00:00Z" }));
    expect(timelineOf({ events: timed, startedAt: undefined }).map(({ start }) => start)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });
});

describe("a stable id", () => {
  it("is a UUID of version 5 and differs for parts that only look alike", () => {
    expect(stableId("a", 1)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const ids = [stableId("a", 1), stableId("a", "1"), stableId("a1"), stableId("a,1"), stableId("a", 1, "")];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
