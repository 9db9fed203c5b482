import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createMonitor, dropOldChanges, keepAlerts, markTold, untoldChanges } from "../../src/index.ts";

describe.each(clusters())("alerts of PostgreSQL $major", (cluster) => {
  let testDatabase: TestDatabase;
  let database: Database;
  const clients: Client[] = [];
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    database = await createDatabase({ primary: { url: testDatabase.url } });
  });
  beforeEach(async () => {
    const [client] = clients.length > 0 ? clients : [await connect()];
    await client?.query(`DELETE FROM monitoring.alerts; DELETE FROM monitoring.alert_changes;
      UPDATE monitoring.alert_thresholds
      SET hold_for = '0', check_interval = '1 ms', enabled = FALSE, warning_threshold = NULL, critical_threshold = NULL`);
  });
  afterAll(async () => {
    await database.close();
    await Promise.all(clients.map((one) => one.end()));
    await testDatabase.drop();
  });
  async function connect(): Promise<Client> {
    const one = new Client({ connectionString: testDatabase.url });
    clients.push(one);
    await one.connect();
    return one;
  }
  const sql = async (text: string, values: readonly unknown[] = []) =>
    (await (clients[0] as Client).query(text, [...values])).rows;
  const watch = async (metric: string, warning: number | null, critical: number | null) =>
    await sql(
      "UPDATE monitoring.alert_thresholds SET enabled = TRUE, warning_threshold = $2, critical_threshold = $3 WHERE metric_name = $1",
      [metric, warning, critical],
    );
  /** Looks anew, as a process that was just started, and says what is to be told. */
  async function look(): Promise<string[]> {
    await using monitor = await createMonitor({ url: testDatabase.url });
    await keepAlerts(database, await monitor.check());
    const changes = await untoldChanges(database.write);
    await markTold(
      database.write,
      changes.map(({ change_id: id }) => id),
    );
    return changes.map(({ metric_name: metric, state, severity }) =>
      [metric, state, severity ?? ""].join(" ").trim(),
    );
  }

  it("fire of connections that are used up, become worse, and are over when they are free again", async () => {
    const metric = "connection_pool_usage_percent";
    await watch(metric, 99, 100);
    expect(await look()).toEqual([]);
    await watch(metric, 0.01, 100);
    expect(await look()).toEqual([`${metric} firing warning`]);
    expect(await look()).toEqual([]);
    await watch(metric, 0.01, 0.02);
    expect(await look()).toEqual([`${metric} firing critical`]);
    await watch(metric, 99, 100);
    expect(await look()).toEqual([`${metric} ok`]);
  });

  it("fire of a transaction that is left open, and are over when it has ended", async () => {
    const metric = "long_running_transactions_minutes";
    const open = await connect();
    await open.query("BEGIN; SELECT pg_sleep(0.3)");
    await watch(metric, 0.004, 1000);
    expect(await look()).toEqual([`${metric} firing warning`]);
    await open.query("ROLLBACK");
    // Other tests have transactions on this server, too, but none of a minute.
    await watch(metric, 1, 1000);
    expect(await look()).toEqual([`${metric} ok`]);
  });

  it("fire of a slow statement, and are over when its statistics begin anew", async () => {
    const metric = "query_execution_time_ms";
    await sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    await sql("SELECT 1, 2, 3, pg_sleep(0.3)");
    await watch(metric, 250, 100_000);
    expect(await look()).toEqual([`${metric} firing warning`]);
    await sql(
      `SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)`,
    );
    expect(await look()).toEqual([`${metric} ok`]);
  });

  it("fire of a cache that is missed, and are over when it is not", async () => {
    const metric = "cache_hit_ratio";
    await sql("CREATE TABLE public.read_often AS SELECT generate_series(1, 100000) AS a");
    for (let n = 0; n < 5; n += 1) await sql("SELECT count(*) FROM public.read_often");
    await sql("SELECT pg_stat_force_next_flush()");
    await watch(metric, 100, 0);
    expect(await look()).toEqual([`${metric} firing warning`]);
    await watch(metric, 50, 0);
    expect(await look()).toEqual([`${metric} ok`]);
  });

  it("fire only when it lasts, and not of a moment", async () => {
    const metric = "connection_pool_usage_percent";
    await watch(metric, 0.01, 100);
    await sql("UPDATE monitoring.alert_thresholds SET hold_for = '1 hour'");
    expect(await look()).toEqual([]);
    expect(await sql("SELECT state, severity FROM monitoring.alerts")).toEqual([
      { state: "pending", severity: "warning" },
    ]);
    await sql("UPDATE monitoring.alerts SET since = since - INTERVAL '2 hours'");
    expect(await look()).toEqual([`${metric} firing warning`]);
    await watch(metric, 99, 100);
    expect(await look()).toEqual([]);
    await sql("UPDATE monitoring.alerts SET turning_since = turning_since - INTERVAL '2 hours'");
    expect(await look()).toEqual([`${metric} ok`]);
  });

  it("are told of twice at most when a value dances on the line a hundred times", async () => {
    const metric = "connection_pool_usage_percent";
    await watch(metric, 70, 100);
    await using monitor = await createMonitor({ url: testDatabase.url });
    const [check] = await monitor.check();
    if (check === undefined) throw new Error("there was to be one check");
    for (let at = 0; at < 100; at += 1) {
      const value = at % 2 === 0 ? 70.1 : 69.9;
      await keepAlerts(database, [{ ...check, value, level: value >= 70 ? "warning" : "ok" }]);
    }
    expect((await untoldChanges(database.write)).length).toBeLessThanOrEqual(2);
  });

  it("are looked at no more often than their threshold says", async () => {
    const metric = "connection_pool_usage_percent";
    await watch(metric, 99, 100);
    await look();
    await sql("UPDATE monitoring.alert_thresholds SET check_interval = '1 hour'");
    await watch(metric, 0.01, 100);
    expect(await look()).toEqual([]);
    await sql("UPDATE monitoring.alerts SET checked_at = checked_at - INTERVAL '1 hour'");
    expect(await look()).toEqual([`${metric} firing warning`]);
  });

  it("are told of once by two who look at once, and again by the next when nobody said that it was told", async () => {
    const metric = "connection_pool_usage_percent";
    await watch(metric, 0.01, 100);
    await using monitor = await createMonitor({ url: testDatabase.url });
    const checks = await monitor.check();
    await Promise.all([
      keepAlerts(database, checks),
      keepAlerts(database, checks),
      keepAlerts(database, checks),
    ]);
    expect(await untoldChanges(database.write)).toHaveLength(1);
    expect(await look()).toEqual([`${metric} firing warning`]);
    expect(await look()).toEqual([]);
    expect(await dropOldChanges(database.write, 3_600_000)).toBe(0);
    expect(await dropOldChanges(database.write, 0)).toBe(1);
  });

  it("say when something cannot be measured any more", async () => {
    await watch("disk_usage_percent", 80, 90);
    expect(await look()).toEqual(["disk_usage_percent no data"]);
    expect(await sql("SELECT state, reason FROM monitoring.alerts")).toEqual([
      { state: "no data", reason: "not measured here" },
    ]);
  });
});
