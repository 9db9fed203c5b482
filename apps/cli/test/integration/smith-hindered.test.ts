import { tmpdir } from "node:os";
import { clusters } from "@mister-smith/testkit";
import { Client } from "pg";
import { describe, expect, it, vi } from "vitest";
import { Interrupted } from "../../src/interrupted.ts";
import { runSmith } from "../../src/program/run-smith.ts";
import { unknownId, useOperatedSystem } from "./operated-system.ts";
import { smithOn } from "./smith-on.ts";

const lists = ["agents list", "tasks list", "tasks running", "messages list", "sessions list", "facts list"];

describe.each(clusters())("a list of smith on PostgreSQL $major whose tables are locked", (cluster) => {
  const system = useOperatedSystem(cluster);
  const tables = "agents.registry, tasks.queue, messages.log, sessions.active, knowledge.facts";

  async function lockTables(): Promise<AsyncDisposable> {
    const client = new Client({ connectionString: system().url, application_name: "smith test" });
    await client.connect();
    await client.query(`BEGIN; LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`);
    return { [Symbol.asyncDispose]: () => client.end() };
  }

  it("ends when its statement has taken as long as the configuration allows", async () => {
    await using _locks = await lockTables();
    const smith = smithOn(system().url, { env: { SMITH_DATABASE_STATEMENT_TIMEOUT_MS: "100" } });
    for (const line of lists) {
      const { code, json } = await smith(line);
      expect({ line, code, named: json.error.message.startsWith(`cannot list the `) }).toEqual({
        line,
        code: 1,
        named: true,
      });
    }
  });

  it("ends by Ctrl-C, and so does its statement on the server", async () => {
    await using _locks = await lockTables();
    const waiting = async () =>
      await system().sql(
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
    const stop = new AbortController();
    const quiet = { write: () => true };
    const run = runSmith(["tasks", "list"], {
      cwd: tmpdir(),
      env: { PATH: process.env["PATH"], SMITH_DATABASE_URL: system().url },
      signal: stop.signal,
      stdout: quiet,
      stderr: quiet,
    });
    await vi.waitUntil(async () => (await waiting()).length === 1, { timeout: 30_000, interval: 20 });
    stop.abort(new Interrupted("SIGINT"));
    expect(await run).toBe(130);
    await vi.waitUntil(async () => (await waiting()).length === 0, { timeout: 30_000, interval: 20 });
  });
});

describe("a database that does not answer", () => {
  it.each([
    "agents list",
    `agents show ${unknownId}`,
    `agents terminate ${unknownId} --final`,
    "tasks backlog",
    `tasks cancel ${unknownId}`,
    "tasks redrive --all",
    "tasks prune --older-than 1d",
    "messages dead",
    "messages reap",
    `sessions revoke ${unknownId}`,
    "facts search x",
  ])("ends `smith %s` with exit code 6, which says where it looked", async (line) => {
    const { code, json } = await smithOn("postgres://nobody@127.0.0.1:1/nothing")(line);
    expect(code).toBe(6);
    expect(json.error.message).toContain("127.0.0.1:1");
  });
});
