import { describe, expect, it } from "vitest";
import { type MeasuredReplica, stateOf } from "./replica-state.ts";

const bounds = { maxLagBytes: 1_000, maxLagMs: 5_000 };
const well: MeasuredReplica = {
  inRecovery: true,
  receives: true,
  replayPaused: false,
  lagBytes: 0,
  unreplayedBytes: 0,
  lastReplayedMs: 90_000,
  lagMs: 0,
};

describe("the state of a replica", () => {
  it.each<[string, Partial<MeasuredReplica>]>([
    ["streaming", {}],
    ["streaming", { lagBytes: 1_000, lagMs: 5_000 }],
    ["streaming", { lagBytes: null, lagMs: null }],
    ["too far behind", { lagBytes: 1_001 }],
    ["too far behind", { lagMs: 5_001 }],
    ["not receiving", { receives: false, lagBytes: 1_001 }],
    ["replay paused", { replayPaused: true, receives: false }],
    ["not a replica", { inRecovery: false, receives: false }],
  ])("is %s for %j", (state, report) => {
    expect(stateOf({ ...well, ...report }, bounds)).toBe(state);
  });
});
