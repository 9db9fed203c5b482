import { describe, expect, it } from "vitest";
import { chooseLives } from "./choose-lives.ts";
import type { Run } from "./run.ts";

function runOf(id: string, agents: number): Run {
  const events = Array.from({ length: agents }, (_, at) => ({
    type: "agent" as const,
    agent: `${id}${at}`,
    agent_type: "t",
  }));
  return { id, events, title: undefined, startedAt: undefined, source: {}, file: id, digest: "" };
}

const chosen = (runs: readonly Run[], agents?: number) =>
  chooseLives(runs, agents).map(({ run, copy }) => `${run.id}${copy}`);

describe("choosing which runs to live how often", () => {
  it("lives each run once when no number of agents is asked for", () => {
    expect(chosen([runOf("a", 2), runOf("b", 1)])).toEqual(["a1", "b1"]);
  });

  it("repeats the runs in their order until there are as many agents as asked for", () => {
    expect(chosen([runOf("a", 1), runOf("b", 1)], 5)).toEqual(["a1", "b1", "a2", "b2", "a3"]);
  });

  it("passes over a run that would bring too many", () => {
    expect(chosen([runOf("a", 3), runOf("b", 1)], 6)).toEqual(["a1", "b1", "b2", "b3"]);
  });

  it("refuses fewer agents than the runs have, so that no run is left out unseen", () => {
    expect(() => chosen([runOf("a", 2), runOf("b", 1)], 2)).toThrow(
      "--agents 2: the runs given have 3 agents",
    );
  });

  it("refuses a number that the runs cannot add up to, and names the nearest", () => {
    expect(() => chosen([runOf("a", 2)], 5)).toThrow(
      expect.objectContaining({ hint: "Give --agents 4 or 6." }),
    );
  });
});
