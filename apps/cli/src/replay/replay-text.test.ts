import { describe, expect, it } from "vitest";
import { coloursFor } from "../output/colours.ts";
import type { ReplayResult } from "./replay-result.ts";
import { replayText } from "./replay-text.ts";

const plain = coloursFor({ env: {}, isTerminal: false });

const result: ReplayResult = {
  verified: true,
  runs: [{ run: "a", copy: 1, file: "a.jsonl", agents: 1, steps: 2, outcome: "written" }],
  agents: 1,
  steps: 2,
  rows: { "agents.registry": 1, "messages.log": 4, "tasks.dependencies": 0 },
  differences: [],
  states: { through: "sql" },
  written: { steps: 2, rows: 5, seconds: 0.5, stepsPerSecond: 4, rowsPerSecond: 10 },
  verifySeconds: 0.1,
  statements: [{ statement: "insert messages.log", calls: 2, totalMs: 3, p50Ms: 1, p99Ms: 2, maxMs: 2 }],
};

describe("what a replay says for people", () => {
  it("counts rows of the tables that have some, and names rates and the slowest statements", () => {
    const text = replayText(result, plain);
    expect(text).toContain("1 run as 1 agent, 2 steps: wrote 5 rows in 500 ms: 4 steps/s, 10 rows/s");
    expect(text).toMatch(/messages\.log +4\n/);
    expect(text).toMatch(/all +5\n/);
    expect(text).not.toContain("tasks.dependencies");
    expect(text).toMatch(/insert messages\.log +2 +1\.0 ms +2\.0 ms/);
    expect(text).toContain("verified: every row");
  });

  it("says that nothing was written when all of it was there", () => {
    const runs = result.runs.map((run) => ({ ...run, outcome: "already there" as const }));
    expect(replayText({ ...result, runs }, plain)).toContain("nothing was written");
  });

  it("says which way state went, and who brought it to PostgreSQL", () => {
    const states = {
      through: "jetstream",
      durability: "stored",
      put: 3,
      expired: 1,
      flushedBy: "replay",
    } as const;
    const rows = { ...result.rows, "agents.state": 3 };
    expect(replayText(result, plain)).toContain("state: by SQL, with the rest of its run");
    expect(replayText({ ...result, rows, states }, plain)).toContain(
      "state: 3 values put through JetStream (stored), 1 had expired, brought to PostgreSQL by the replay's own flusher; 3 compared and as put",
    );
    const none = { ...states, put: 0, expired: 0, flushedBy: null };
    expect(replayText({ ...result, states: none }, plain)).toContain("nothing had to go through JetStream");
  });

  it("shows the first differences and how many more there are", () => {
    const differences = Array.from({ length: 25 }, (_, at) => ({
      kind: "different" as const,
      table: "messages.log" as const,
      key: `["${at}"]`,
      column: "payload",
      expected: { text: "x".repeat(200) },
    }));
    const text = replayText({ ...result, verified: false, differences }, plain);
    expect(text).toContain("not verified: 25 differences");
    expect(text).toMatch(/different: messages\.log \["0"\] payload: expected \{"text":"x+\.\.\., found NULL/);
    expect(text).toContain("and 5 more");
    expect(text).not.toContain('["20"]');
  });
});
