import { createDatabase } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defaultThresholds } from "../../src/exposition/rules/default-thresholds.ts";
import { changeOverride, createMonitor, type Monitor } from "../../src/index.ts";

describe.each(clusters())("a check of PostgreSQL $major", (cluster) => {
  let database: TestDatabase;
  let client: Client;
  let monitor: Monitor;
  const clients: Client[] = [];
  beforeAll(async () => {
    database = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    client = await connect();
    monitor = await createMonitor({ url: database.url });
  });
  beforeEach(async () => {
    await client.query("UPDATE monitoring.alert_thresholds SET enabled = TRUE");
  });
  afterAll(async () => {
    await monitor.close();
    await Promise.all(clients.map((one) => one.end()));
    await database.drop();
  });
  async function connect(): Promise<Client> {
    const one = new Client({ connectionString: database.url });
    clients.push(one);
    await one.connect();
    return one;
  }
  const set = (metric: string, warning: number, critical: number) =>
    client.query(
      "UPDATE monitoring.alert_thresholds SET warning_threshold = $2, critical_threshold = $3 WHERE metric_name = $1",
      [metric, warning, critical],
    );
  const of = async (metric: string) => (await monitor.check()).find((one) => one.metric === metric);

  it("says of every threshold how it stands, or why that is not known", async () => {
    const checks = await monitor.check();
    expect(checks.map(({ metric }) => metric)).toEqual([
      "cache_hit_ratio",
      "connection_pool_usage_percent",
      "deadlock_count_per_hour",
      "disk_usage_percent",
      "index_bloat_percent",
      "long_running_transactions_minutes",
      "query_execution_time_ms",
      "replication_lag_seconds",
      "table_bloat_percent",
    ]);
    for (const { level, value, reason } of checks) {
      expect(value === null).toBe(level === "no data");
      expect(reason === null).toBe(level !== "no data");
    }
  });

  it("has the thresholds, in a new database, that the rules for Prometheus are made of", async () => {
    const { rows } = await client.query(`
      SELECT metric_name, warning_threshold::FLOAT8, critical_threshold::FLOAT8, direction
      FROM monitoring.alert_thresholds ORDER BY metric_name`);
    expect(rows).toEqual(defaultThresholds);
  });

  it("warns and alerts of connections by the thresholds of the table, and not when it is switched off", async () => {
    await set("connection_pool_usage_percent", 99.9, 100);
    expect(await of("connection_pool_usage_percent")).toMatchObject({
      level: "ok",
      warning: 99.9,
      critical: 100,
    });
    await set("connection_pool_usage_percent", 0.01, 100);
    expect(await of("connection_pool_usage_percent")).toMatchObject({ level: "warning" });
    await set("connection_pool_usage_percent", 0.01, 0.02);
    expect(await of("connection_pool_usage_percent")).toMatchObject({ level: "critical" });
    await client.query(
      "UPDATE monitoring.alert_thresholds SET enabled = metric_name <> 'connection_pool_usage_percent'",
    );
    expect(await of("connection_pool_usage_percent")).toBeUndefined();
  });

  it("sees a transaction that is open for long, and that it has ended", async () => {
    const open = await connect();
    await open.query("BEGIN; SELECT pg_sleep(0.2)");
    await set("long_running_transactions_minutes", 0.001, 100);
    await using late = await createMonitor({ url: database.url });
    const level = async (on: Monitor) =>
      (await on.check()).find(({ metric }) => metric === "long_running_transactions_minutes")?.level;
    expect(await level(late)).toBe("warning");
    await open.query("ROLLBACK");
    await set("long_running_transactions_minutes", 30, 60);
    await using later = await createMonitor({ url: database.url });
    expect(await level(later)).toBe("ok");
  });

  it("calls a low cache hit ratio the bad one", async () => {
    await client.query("CREATE TABLE public.cached AS SELECT generate_series(1, 50000) AS a");
    for (let n = 0; n < 10; n += 1) await client.query("SELECT count(*) FROM public.cached");
    await client.query("SELECT pg_stat_force_next_flush()");
    await using one = await createMonitor({ url: database.url });
    const ratio = async () => (await one.check()).find(({ metric }) => metric === "cache_hit_ratio");
    await set("cache_hit_ratio", 1, 0);
    const first = await ratio();
    expect(first).toMatchObject({ level: "ok", direction: "below" });
    expect(first?.value).toBeGreaterThan(50);
    await set("cache_hit_ratio", 100, 0);
    await using other = await createMonitor({ url: database.url });
    expect((await other.check()).find(({ metric }) => metric === "cache_hit_ratio")).toMatchObject({
      level: "warning",
    });
    // Since the check before, hardly any block was asked for.
    expect(await ratio()).toMatchObject({ level: "no data", reason: expect.stringContaining("blocks") });
  });

  it("goes by the slowest statement, where statements are recorded", async () => {
    await client.query("DROP EXTENSION IF EXISTS pg_stat_statements");
    expect(await of("query_execution_time_ms")).toMatchObject({ level: "no data", value: null });
    expect(await monitor.slowStatements()).toBeNull();
    await client.query("CREATE EXTENSION pg_stat_statements");
    await client.query("SELECT 1, pg_sleep(0.3)");
    await set("query_execution_time_ms", 250, 100_000);
    expect(await of("query_execution_time_ms")).toMatchObject({ level: "warning" });
    const [slowest] = (await monitor.slowStatements({ by: "mean", limit: 1 })) ?? [];
    expect(slowest).toMatchObject({ text: "SELECT $1, pg_sleep($2)", calls: 1 });
    expect(slowest?.meanMs).toBeGreaterThan(250);
  });

  it("says of thresholds of their own that are too many that nobody looks at them, and refuses another one", async () => {
    const metric = "connection_pool_usage_percent";
    await using own = await createDatabase({ primary: { url: database.url } });
    await client.query("UPDATE monitoring.alert_thresholds SET enabled = metric_name = $1", [metric]);
    await client.query(
      `INSERT INTO monitoring.alert_overrides
       SELECT $1, 'database', 'none_' || n, 80, 90 FROM generate_series(1001, 1203) AS n`,
      [metric],
    );
    try {
      const late = (await monitor.check()).filter(({ level }) => level === "error");
      expect(late.map(({ scopeName }) => scopeName)).toEqual(["none_1201", "none_1202", "none_1203"]);
      expect(late[0]?.reason).toContain("more than 200");
      await expect(
        changeOverride(own.write, { metric, scope: "role", scopeName: "etl" }, { warning: 1, critical: 2 }),
      ).rejects.toThrow("203 databases and roles have thresholds of their own already");
    } finally {
      await client.query("DELETE FROM monitoring.alert_overrides");
    }
  });

  it("shows who waits for whose lock, the one first that holds them all up", async () => {
    const [holder, second, third] = [await connect(), await connect(), await connect()];
    await client.query("CREATE TABLE public.wanted (a INT)");
    const pid = async (one: Client) => (await one.query("SELECT pg_backend_pid() AS pid")).rows[0].pid;
    const pids = [await pid(holder), await pid(second), await pid(third)];
    await holder.query("BEGIN; LOCK TABLE public.wanted IN SHARE MODE");
    const waiting = [
      second.query("BEGIN; LOCK TABLE public.wanted IN EXCLUSIVE MODE; COMMIT").catch(() => undefined),
    ];
    const waits = async (count: number) => {
      let found = await monitor.lockWaits();
      while (found.filter(({ blockedBy }) => blockedBy.length > 0).length < count)
        found = await monitor.lockWaits();
      return found;
    };
    await waits(1);
    waiting.push(
      third
        .query("SELECT count(*) FROM public.wanted; ALTER TABLE public.wanted ADD b INT")
        .catch(() => undefined),
    );
    const found = (await waits(2)).filter((one) => pids.includes(one.pid));
    expect(found[0]).toMatchObject({
      pid: pids[0],
      blockedBy: [],
      waitedMs: null,
      state: "idle in transaction",
    });
    expect(found[1]).toMatchObject({
      pid: pids[1],
      blockedBy: [pids[0]],
      waitsFor: "ExclusiveLock on wanted",
    });
    expect(found[2]?.pid).toBe(pids[2]);
    await holder.query("ROLLBACK");
    await Promise.all(waiting);
  });
});
