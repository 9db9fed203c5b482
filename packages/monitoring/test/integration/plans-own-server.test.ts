import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createDatabase, type Database } from "@mister-smith/client";
import { type EmbeddedPostgres, listPostgres, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CountedStatements,
  createMonitor,
  createPlanCapture,
  importPlans,
  listPlans,
  readPlan,
  statementChanges,
} from "../../src/index.ts";

// Servers of their own: what is done to these would disturb whoever shares one.
describe.each(await listPostgres())("statements and plans of a PostgreSQL $version.major", ({ binDir }) => {
  let server: EmbeddedPostgres;
  let database: Database;
  beforeAll(async () => {
    server = await startPostgres({
      binDir,
      durability: "fast",
      preloadWhenPresent: ["pg_stat_statements", "auto_explain"],
      settings: {
        "auto_explain.log_format": "json",
        "auto_explain.log_analyze": true,
        log_destination: "stderr,jsonlog",
        logging_collector: true,
        log_directory: "told",
        log_filename: "server.log",
      },
    });
    await migrateUp({ connection: server.url, folder: migrationsFolder() });
    await run("CREATE EXTENSION pg_stat_statements");
    await run("CREATE TABLE public.jobs AS SELECT n AS id FROM generate_series(1, 1000) AS n");
    database = await createDatabase({ primary: { url: server.url } });
  });
  afterAll(async () => {
    await database?.close();
    await server?.stop();
  });

  async function run(text: string): Promise<void> {
    const client = new Client({ connectionString: server.url });
    client.on("error", () => undefined);
    await client.connect();
    await client.query(text);
    await client.end();
  }
  /** What auto_explain tells in the log. */
  const told = (text: string) => run(`SET auto_explain.log_min_duration = 0; ${text}`);
  const slow = "SELECT count(*), pg_sleep(0.02) FROM public.jobs WHERE id > 3";
  async function counted(): Promise<CountedStatements> {
    await using monitor = await createMonitor({ url: server.url });
    const found = await monitor.countStatements();
    if (found === null) throw new TypeError("statements are not recorded");
    return found;
  }
  async function callsOf(before: CountedStatements): Promise<[isReset: boolean, calls: number | undefined]> {
    await using monitor = await createMonitor({ url: server.url });
    const { isReset, statements } = statementChanges(before, await counted());
    const texts = await monitor.statementTexts(statements.map(({ queryId }) => queryId));
    return [isReset, statements.find(({ queryId }) => texts.get(queryId)?.includes("pg_sleep"))?.calls];
  }

  it("say that somebody reset the statistics in between, and count from then on", async () => {
    const capture = createPlanCapture(database);
    for (let n = 0; n < 3; n += 1) await run(slow);
    const before = await counted();
    await capture.round();
    await run(slow);
    expect(await callsOf(before)).toEqual([false, 1]);
    await run("SELECT pg_stat_statements_reset()");
    await run(slow);
    await run(slow);
    expect(await callsOf(before)).toEqual([true, 2]);
    expect((await capture.round()).isReset).toBe(true);
    expect((await capture.round()).isReset).toBe(false);
  });

  it("go on when the server was stopped and started", async () => {
    await run(slow);
    const before = await counted();
    process.kill(server.pid, "SIGINT");
    await server.exited;
    await server.start();
    await run(slow);
    expect(await callsOf(before)).toEqual([false, 1]);
  });

  it("know that a crash has lost what was counted", async () => {
    for (let n = 0; n < 3; n += 1) await run(slow);
    const before = await counted();
    await server.kill();
    await server.start();
    await run(slow);
    expect(await callsOf(before)).toEqual([true, 1]);
  });

  it.each(["server.log", "server.json"])(
    "take in what auto_explain wrote to %s, once for each plan",
    async (name) => {
      const file = join(server.dataDir, "told", name);
      await run("DELETE FROM monitoring.query_plans");
      await told(`${slow} AND id <> 4711`);
      await told(`${slow} AND id <> 4712`);
      await expect
        .poll(async () => await readFile(file, "utf8"), { timeout: 20_000 })
        .toMatch(/id <> 4712[\s\S]*\n.*\n/);
      const imported = await importPlans(database, createReadStream(file, "utf8"));
      expect(imported).toMatchObject({ unreadable: 0, isCut: false });
      const plans = await listPlans(database.write, { limit: 1000 });
      const ours = plans.filter(({ query_text: text }) => /pg_sleep[\s\S]*AND id <> \$\d/.test(text));
      expect(ours).toMatchObject([{ plan_source: "executed", plans: 1 }]);
      const kept = await readPlan(database.write, ours[0]?.plan_id ?? "");
      expect(kept?.plan?.[0].Plan).toMatchObject({ "Node Type": "Aggregate", "Actual Rows": 1 });
      expect(kept?.row.execution_stats).toMatchObject({ duration_ms: expect.any(Number) });
      if (name === "server.json") {
        expect((await counted()).byQueryId.get(ours[0]?.query_hash ?? "")?.calls).toBeGreaterThan(1);
      }
      expect(await importPlans(database, createReadStream(file, "utf8"), { plans: 1 })).toMatchObject({
        isCut: true,
      });
    },
  );
});
