import { clusters, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { replay } from "../../src/replay/replay.ts";
import { restoredJson } from "../../src/replay/storable-text.ts";
import { emptyAgain, migratedDatabase, psql, RunFiles, rowsInAll, runOf } from "./replay-database.ts";

const observation = `NUL \u0000, half a pair \ud83d, ␛, CRLF \r\n, "quotes" 'and' \\u0000 {brace} 😀 \u2028`;

function trajectory(steps: number): string {
  const trajectory = Array.from({ length: steps }, (_, at) => ({
    action: at === steps - 1 ? "submit" : `python step_${at}.py`,
    observation: `line ${at}\r\n`,
    response: "next",
    thought: "next",
    execution_time: 0.25,
    state: at % 2 === 0 ? '{"open_file": "n/a"}\n' : { open_file: "/a.py" },
  }));
  return JSON.stringify({ environment: "e", trajectory, history: [], info: { exit_status: "submitted" } });
}

describe.each(clusters())("replaying into PostgreSQL $major", (cluster) => {
  let database: TestDatabase;
  let files: RunFiles;

  beforeAll(async () => {
    database = await migratedDatabase(cluster);
  });
  beforeEach(async () => {
    files = await RunFiles.make();
  });
  afterEach(async () => {
    await files[Symbol.asyncDispose]();
    await emptyAgain(database.url);
  });
  afterAll(async () => {
    await database.drop();
  });

  it("writes runs of both formats in their order and finds every row as the input says", async () => {
    await files.write("a.jsonl", runOf("a", 12));
    await files.write("b.traj", trajectory(7));
    const result = await replay({ databaseUrl: database.url, paths: [files.folder] });
    expect(result).toMatchObject({ verified: true, differences: [], agents: 2, steps: 19 });
    expect(result.rows["tasks.executions"]).toBe(21);
    expect(await rowsInAll(database.url)).toBe(result.written.rows);
    const order = await psql(
      database.url,
      `SELECT l.payload ->> 'action' AS action FROM messages.log AS l JOIN agents.registry AS r ON r.agent_id = l.from_agent_id
       WHERE r.agent_name = 'worker' ORDER BY l.sent_at`,
    );
    expect(order.map(({ action }) => action)).toEqual(Array.from({ length: 12 }, (_, at) => `do ${at + 1}`));
  });

  it("keeps text that PostgreSQL cannot hold, and gives it back", async () => {
    const path = await files.write(
      "n.jsonl",
      runOf("n", 1, () => ({ observation, state: { text: observation } })),
    );
    const result = await replay({ databaseUrl: database.url, paths: [path] });
    expect(result.verified).toBe(true);
    const [row] = await psql(
      database.url,
      "SELECT result -> 'observation' AS seen FROM tasks.executions WHERE result ? 'observation'",
    );
    expect(row?.["seen"]).not.toBe(observation);
    expect(restoredJson(String(row?.["seen"]))).toBe(observation);
  });

  it("keeps an observation of eight megabytes", async () => {
    const big = "0123456789abcdef".repeat(524_288);
    const path = await files.write(
      "big.jsonl",
      runOf("big", 1, () => ({ observation: big })),
    );
    expect(await replay({ databaseUrl: database.url, paths: [path] })).toMatchObject({ verified: true });
  });

  it("lives the runs as the number of agents that is asked for, each apart from the others", async () => {
    await files.write("a.jsonl", runOf("a", 3));
    await files.write("b.traj", trajectory(2));
    const result = await replay({
      databaseUrl: database.url,
      paths: [files.folder],
      agents: 7,
      concurrency: 2,
    });
    expect(result).toMatchObject({ verified: true, agents: 7, steps: 4 * 3 + 3 * 2 });
    const [row] = await psql(database.url, "SELECT count(*)::INTEGER AS agents FROM agents.registry");
    expect(row).toEqual({ agents: 7 });
  });

  it("writes nothing the second time and checks what is there, unless a label asks for other agents", async () => {
    const options = { databaseUrl: database.url, paths: [await files.write("a.jsonl", runOf("a", 3))] };
    const first = await replay(options);
    const again = await replay(options);
    expect(again).toMatchObject({ verified: true, rows: first.rows, written: { rows: 0, steps: 0 } });
    expect(again.runs).toMatchObject([{ outcome: "already there" }]);
    const labelled = await replay({ ...options, label: "twice" });
    expect(labelled).toMatchObject({ verified: true, written: { rows: first.written.rows } });
    expect(await rowsInAll(database.url)).toBe(2 * first.written.rows);
  });

  it("paces steps over all runs by the rate, and every row is right", async () => {
    await files.write("a.jsonl", runOf("a", 4));
    await files.write("b.jsonl", runOf("b", 4));
    const waits: number[] = [];
    let now = 0;
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        waits.push(ms);
        now += ms;
      },
    };
    const result = await replay({ databaseUrl: database.url, paths: [files.folder], rate: 10, clock });
    expect(result).toMatchObject({ verified: true, steps: 8 });
    // Seven of the eight steps had to wait for their slot, and the last slot is the one at 0.7 seconds.
    expect(waits).toHaveLength(7);
    expect(now).toBeGreaterThanOrEqual(700);
  });

  it("never leaves a task that a worker could claim, neither on the way nor afterwards", async () => {
    await files.write("a.jsonl", runOf("a", 4));
    const claimed: unknown[] = [];
    const statuses = new Set<unknown>();
    const look = async () => {
      const tasks = await psql(
        database.url,
        "SELECT DISTINCT task_type, status::TEXT AS status FROM tasks.queue",
      );
      for (const { status } of tasks) statuses.add(status);
      const types = tasks.map(({ task_type: type }) => `'${type}'`).join(", ");
      const claim = `FROM agents.registry AS r, tasks.claim(r.agent_id, ARRAY[${types}]::TEXT[], 100) AS c`;
      if (types !== "") claimed.push(...(await psql(database.url, `SELECT c.task_id ${claim}`)));
      claimed.push(...(await psql(database.url, "SELECT task_id FROM tasks.ready")));
    };
    let now = 0;
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
        await look();
      },
    };
    const result = await replay({ databaseUrl: database.url, paths: [files.folder], rate: 10, clock });
    await look();
    expect([...statuses]).toEqual(expect.arrayContaining(["running", "completed"]));
    expect(claimed).toEqual([]);
    expect(result.verified).toBe(true);
  });
});
