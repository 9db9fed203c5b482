import { tmpdir } from "node:os";
import { clusters } from "@mister-smith/testkit";
import { Client } from "pg";
import { beforeAll, describe, expect, it, vi } from "vitest";
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
});

describe.each(clusters())("Ctrl-C on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const sleeping = async (): Promise<number> => {
    const rows = await system().sql(
      "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
    );
    return rows.length;
  };

  beforeAll(async () => {
    const slow = (schema: string, table: string) => `
      ALTER TABLE ${schema}.${table} RENAME TO real_${table};
      CREATE VIEW ${schema}.${table} AS
        SELECT r.* FROM pg_sleep(600) AS s LEFT JOIN ${schema}.real_${table} AS r ON TRUE OFFSET 0;`;
    const slowFunction = (signature: string, name: string) => `
      CREATE OR REPLACE FUNCTION ${signature} RETURNS INTEGER LANGUAGE sql AS
      $$ SELECT 0 FROM pg_sleep(600) AS ${name} $$;`;
    await system().sql(
      [
        slow("agents", "registry"),
        slow("tasks", "queue"),
        slow("tasks", "running"),
        slow("messages", "log"),
        slow("sessions", "active"),
        slow("knowledge", "facts"),
        slowFunction("tasks.prune(p_older_than INTERVAL, p_limit INTEGER DEFAULT 1000)", "s"),
        slowFunction("messages.reap_expired(p_limit INTEGER DEFAULT 1000)", "s"),
        slowFunction("sessions.reap_expired(p_limit INTEGER DEFAULT 1000)", "s"),
      ].join("\n"),
    );
  });

  it.each([
    ...lists,
    `agents show ${unknownId}`,
    `agents tree ${unknownId}`,
    "tasks prune --older-than 1d",
    "messages reap",
    "sessions reap",
    "facts search x",
  ])("ends `smith %s`, and its statement on the server", async (line) => {
    const stop = new AbortController();
    const quiet = { write: () => true };
    const run = runSmith(line.split(" "), {
      cwd: tmpdir(),
      env: {
        PATH: process.env["PATH"],
        SMITH_DATABASE_URL: system().url,
        SMITH_DATABASE_STATEMENT_TIMEOUT_MS: "0",
      },
      signal: stop.signal,
      stdout: quiet,
      stderr: quiet,
    });
    await vi.waitUntil(async () => (await sleeping()) === 1, { timeout: 30_000, interval: 20 });
    stop.abort(new Interrupted("SIGINT"));
    expect(await run).toBe(130);
    expect(await sleeping()).toBe(0);
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
