import { describe, expect, it } from "vitest";
import { finalRows } from "../plan/final-rows.ts";
import { planRun } from "../plan/plan-run.ts";
import type { Run } from "../run.ts";
import { comparableStates } from "./comparable-states.ts";
import {
  completionOf,
  isGone,
  remainderBySql,
  stateRows,
  unfinished,
  withoutStates,
} from "./parts-of-plan.ts";

const run: Run = {
  id: "r",
  title: undefined,
  startedAt: undefined,
  source: {},
  file: "r.jsonl",
  digest: "0".repeat(64),
  events: [
    { type: "agent", agent: "a", agent_type: "coder" },
    { type: "state", agent: "a", key: "plan", value: 1 },
    { type: "state", agent: "a", key: "plan", value: 2 },
    { type: "state", agent: "a", key: "short", value: 3, ttl_ms: 1 },
  ],
};
const plan = planRun(run, { copy: 1, label: "", startsAt: new Date(0), states: "jetstream" });
const noteOf = (beats: Pick<typeof plan, "beats">) =>
  [...(finalRows(beats).get("agents.registry")?.values() ?? [])][0]?.["metadata"];

describe("a run whose state goes through JetStream", () => {
  it("commits all but its state, and says that this is missing", () => {
    const committed = withoutStates(plan);
    expect(stateRows(committed)).toEqual([]);
    expect(noteOf(committed)).toMatchObject({ replay: { state: "committed", states: "jetstream" } });
    expect(noteOf(unfinished(plan))).toEqual(noteOf(committed));
  });

  it("puts of each key the last value", () => {
    expect(stateRows(plan)).toMatchObject([
      { state_key: "plan", state_value: 2 },
      { state_key: "short", state_value: 3 },
    ]);
  });

  it("is complete with what is written at its end, also when its state is written by SQL", () => {
    expect(noteOf(plan)).toMatchObject({ replay: { state: "complete" } });
    expect(completionOf(plan)).toBe(plan.beats.at(-1));
    expect(stateRows(remainderBySql(plan))).toEqual(stateRows(plan));
  });

  it("has values that count as gone a second before they expire", () => {
    const row = { expires_at: "1970-01-01T00:00:10.000Z" };
    expect([8_999, 9_000].map((now) => isGone(row, now))).toEqual([false, true]);
    expect(isGone({}, Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it("is compared by key, value and expiry, and without what has expired on either side", () => {
    const expected = finalRows(plan).get("agents.state") ?? new Map();
    const found = stateRows(plan).map((row) => ({
      ...row,
      version: 7,
      created_at: "2026-01-01T00:00:00.000Z",
    }));
    const compared = comparableStates(expected, found, 60_000);
    expect(compared.actual).toEqual([...compared.expected.values()]);
    expect(compared.actual).toMatchObject([{ state_key: "plan", state_value: 2 }]);
    expect(compared.actual[0]).not.toHaveProperty("version");
  });
});
