import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  addSilence,
  createMonitor,
  dropOldChanges,
  endSilence,
  keepAlerts,
  type Monitor,
  markTold,
  untoldChanges,
} from "../../src/index.ts";

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
      DELETE FROM monitoring.alert_silences; DELETE FROM monitoring.alert_overrides;
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
  const as = (role: string): Client => {
    const url = new URL(testDatabase.url);
    url.username = role;
    url.password = "secret";
    return new Client({ connectionString: url.href });
  };
  const gone = async (role: string) => {
    const left = "SELECT FROM pg_stat_activity WHERE usename = $1";
    while ((await sql(left, [role])).length > 0);
  };
  /** Looks anew, as a process that was just started, and says what is to be told. */
  async function look(): Promise<string[]> {
    await using own = await createMonitor({ url: testDatabase.url });
    return await told(own);
  }
  async function told(monitor: Monitor): Promise<string[]> {
    await keepAlerts(database, await monitor.check());
    const changes = await untoldChanges(database.write);
    await markTold(
      database.write,
      changes.map(({ change_id: id }) => id),
    );
    return changes.map(({ metric_name: metric, scope, scope_name: of, state, severity }) =>
      [metric, scope, of, state, severity].filter((word) => word !== "" && word !== null).join(" "),
    );
  }
  const stop = async (one: Client) => {
    clients.splice(clients.indexOf(one), 1);
    await one.end();
  };
  /** Two transactions that wait for each other's lock: the server ends one of them. */
  async function deadlock(): Promise<void> {
    const [one, other] = [await connect(), await connect()];
    await sql("CREATE TABLE IF NOT EXISTS public.two AS SELECT generate_series(1, 2) AS a");
    await one.query("SET deadlock_timeout = '10ms'; BEGIN; SELECT FROM public.two WHERE a = 1 FOR UPDATE");
    await other.query("SET deadlock_timeout = '10ms'; BEGIN; SELECT FROM public.two WHERE a = 2 FOR UPDATE");
    const results = await Promise.allSettled(
      [one, other].map(async (client, at) => {
        await client.query(`SELECT FROM public.two WHERE a = ${2 - at} FOR UPDATE`);
        // Whoever has both locks lets go of them.
        await client.query("ROLLBACK");
      }),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const client of [one, other]) {
      await client.query("ROLLBACK; SELECT pg_stat_force_next_flush()");
      await stop(client);
    }
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
    // Other tests have transactions on this server, too: only this database's are held against so little.
    await watch(metric, 1000, 2000);
    await sql(
      "INSERT INTO monitoring.alert_overrides VALUES ($1, 'database', current_database(), 0.004, 1000)",
      [metric],
    );
    const [{ name }] = (await sql("SELECT current_database() AS name")) as [{ name: string }];
    expect(await look()).toEqual([`${metric} database ${name} firing warning`]);
    await open.query("ROLLBACK");
    expect(await look()).toEqual([`${metric} database ${name} ok`]);
  });

  it("fire of a statement that becomes slow, and are over when it is fast, or executed no more", async () => {
    const metric = "query_execution_time_ms";
    await sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    await watch(metric, 250, 100_000);
    // A quarter of an hour is too long for a test: what came before the last look is forgotten.
    await using monitor = await createMonitor({ url: testDatabase.url, intervalMs: 0, windowMs: 1 });
    const execute = (seconds: number) => sql("SELECT 1, 2, 3, pg_sleep($1)", [seconds]);
    await sql(
      `SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)`,
    );
    for (let n = 0; n < 200; n += 1) await execute(0);
    expect(await told(monitor)).toEqual([]);
    await execute(0.3);
    expect(await told(monitor)).toEqual([`${metric} firing warning`]);
    for (let n = 0; n < 200; n += 1) await execute(0);
    expect(await told(monitor)).toEqual([`${metric} ok`]);
    await execute(0.3);
    expect(await told(monitor)).toEqual([`${metric} firing warning`]);
    expect(await told(monitor)).toEqual([`${metric} ok`]);
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

  it("fire of connections of a role that are used up, while there are enough for all, and are over when they are free", async () => {
    const metric = "connection_pool_usage_percent";
    const role = `small_${cluster.major}_${process.pid}`;
    await sql(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 2`);
    try {
      await watch(metric, 99, 100);
      await sql("INSERT INTO monitoring.alert_overrides VALUES ($1, 'role', $2, 90, NULL)", [metric, role]);
      expect(await look()).toEqual([]);
      const mine = [as(role), as(role)];
      for (const one of mine) await one.connect();
      expect(await look()).toEqual([`${metric} role ${role} firing warning`]);
      expect(await sql("SELECT scope, state FROM monitoring.alerts ORDER BY scope")).toEqual([
        { scope: "", state: "ok" },
        { scope: "role", state: "firing" },
      ]);
      await Promise.all(mine.map((one) => one.end()));
      await gone(role);
      expect(await look()).toEqual([`${metric} role ${role} ok`]);
      await sql("UPDATE monitoring.alert_overrides SET scope_name = 'nobody'");
      expect(await look()).toEqual([`${metric} role nobody no data`]);
    } finally {
      await sql(`DROP ROLE ${role}`);
    }
  });

  it("let a role take its time that has thresholds of its own, and nobody else", async () => {
    const metric = "long_running_transactions_minutes";
    const role = `slow_${cluster.major}_${process.pid}`;
    await sql(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    const slow = as(role);
    try {
      await slow.connect();
      await slow.query("BEGIN; SELECT pg_sleep(0.3)");
      // Others have transactions on this server, too, but none of so long: that of the override is only held against its own.
      await watch(metric, 1000, 2000);
      const own = "INSERT INTO monitoring.alert_overrides VALUES ($1, 'role', $2, 0.004, 1000)";
      await sql(own, [metric, role]);
      expect(await look()).toEqual([`${metric} role ${role} firing warning`]);
      await sql("UPDATE monitoring.alert_overrides SET warning_threshold = 500");
      expect(await look()).toEqual([`${metric} role ${role} ok`]);
      const value = async (scope: string) => {
        await using monitor = await createMonitor({ url: testDatabase.url });
        return (await monitor.check()).find((one) => one.scope === scope)?.value ?? -1;
      };
      expect(await value("role")).toBeGreaterThan(0.004);
      await slow.query("ROLLBACK");
      expect(await value("role")).toBe(0);
    } finally {
      await slow.end();
      await gone(role);
      await sql(`DROP ROLE ${role}`);
    }
  });

  it("fire of deadlocks, also of one database alone, and are over when there are no more", async () => {
    const metric = "deadlock_count_per_hour";
    await watch(metric, 1, 1000);
    // An hour is too long for a test: what came before the last look is forgotten.
    await using monitor = await createMonitor({ url: testDatabase.url, intervalMs: 0, windowMs: 1 });
    // Until there is something to count from, there is nothing to tell.
    expect(await told(monitor)).toEqual([]);
    expect(await told(monitor)).toEqual([]);
    await deadlock();
    expect(await told(monitor)).toEqual([`${metric} firing warning`]);
    expect(await told(monitor)).toEqual([`${metric} ok`]);
    const [{ name }] = (await sql("SELECT current_database() AS name")) as [{ name: string }];
    await sql("INSERT INTO monitoring.alert_overrides VALUES ($1, 'database', $2, 1, 2)", [metric, name]);
    await deadlock();
    await deadlock();
    // It is in place of that of all.
    expect(await told(monitor)).toEqual([`${metric} database ${name} firing critical`]);
    expect(await told(monitor)).toEqual([`${metric} database ${name} ok`]);
  });

  it("count deadlocks over the whole hour, however often somebody looks", async () => {
    const metric = "deadlock_count_per_hour";
    await watch(metric, 3, 1000);
    await using monitor = await createMonitor({ url: testDatabase.url, intervalMs: 0 });
    expect(await told(monitor)).toEqual([]);
    for (let times = 1; times <= 3; times += 1) {
      await deadlock();
      expect(await told(monitor)).toEqual(times < 3 ? [] : [`${metric} firing warning`]);
    }
    expect(await told(monitor)).toEqual([]);
  });

  it("are an error when measuring fails, while the others are measured, and are over when it does not", async () => {
    const metric = "query_execution_time_ms";
    await sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    await watch(metric, 1e9, 1e10);
    await watch("connection_pool_usage_percent", 0.001, 100);
    const role = `blind_${cluster.major}_${process.pid}`;
    await sql(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE pg_monitor`);
    const url = new URL(testDatabase.url);
    url.username = role;
    url.password = "secret";
    try {
      await sql("REVOKE SELECT ON public.pg_stat_statements FROM PUBLIC");
      await using monitor = await createMonitor({ url: url.href });
      expect(await told(monitor)).toEqual([
        "connection_pool_usage_percent firing warning",
        `${metric} error`,
      ]);
      expect(await sql("SELECT reason FROM monitoring.alerts WHERE state = 'error'")).toEqual([
        { reason: expect.stringContaining("pg_stat_statements") },
      ]);
      await sql("GRANT SELECT ON public.pg_stat_statements TO PUBLIC");
      expect(await told(monitor)).toEqual([`${metric} ok`]);
    } finally {
      await sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it("are over when they are watched no more", async () => {
    const metric = "connection_pool_usage_percent";
    await watch(metric, 0.001, 100);
    expect(await look()).toEqual([`${metric} firing warning`]);
    await sql("UPDATE monitoring.alert_thresholds SET enabled = FALSE");
    expect(await look()).toEqual([`${metric} ok`]);
    expect(await look()).toEqual([]);
  });

  it("are told to nobody while they are silenced, and afterwards where they are still so", async () => {
    const metric = "connection_pool_usage_percent";
    const silence = async (change: object = {}) =>
      await addSilence(database.write, {
        metric,
        reason: "test",
        createdBy: "me",
        forMs: 3_600_000,
        ...change,
      });
    const history = async () =>
      (await sql("SELECT state, silenced FROM monitoring.alert_changes ORDER BY change_id")).map(
        ({ state, silenced }) => (silenced ? `(${state})` : state),
      );
    const { silence_id: first } = await silence();
    await watch(metric, 0.001, 100);
    expect(await look()).toEqual([]);
    expect(await history()).toEqual(["(firing)"]);
    expect(await sql("SELECT state FROM monitoring.alerts")).toEqual([{ state: "firing" }]);
    await endSilence(database.write, first);
    expect(await look()).toEqual([`${metric} firing warning`]);
    // It becomes worse and is over within a silence of all metrics: at its end only that is told.
    const { silence_id: second } = await silence({ metric: undefined });
    await watch(metric, 0.001, 0.002);
    await look();
    await watch(metric, 99, 100);
    expect(await look()).toEqual([]);
    await sql(
      "UPDATE monitoring.alert_silences SET starts_at = '2020-01-01', ends_at = '2020-01-02' WHERE silence_id = $1",
      [second],
    );
    expect(await look()).toEqual([`${metric} ok`]);
    // What comes and goes within one is never told.
    const { silence_id: third } = await silence();
    await watch(metric, 0.001, 100);
    await look();
    await watch(metric, 99, 100);
    await look();
    await endSilence(database.write, third);
    expect(await look()).toEqual([]);
    expect(await history()).toEqual(["(firing)", "firing", "(firing)", "(ok)", "ok", "(firing)", "(ok)"]);
    // Those of another metric, of one role, or of tomorrow, are none of it.
    await silence({ metric: "disk_usage_percent" });
    await silence({ of: { scope: "role", scopeName: "etl" } });
    await silence({ from: new Date(Date.now() + 86_400_000) });
    await watch(metric, 0.001, 100);
    expect(await look()).toEqual([`${metric} firing warning`]);
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

  it("fire of a table and an index that waste much, and are over when both are built anew", async () => {
    await sql("CREATE TABLE public.wasting (id UUID PRIMARY KEY, t TEXT) WITH (autovacuum_enabled = off)");
    await sql(
      "INSERT INTO public.wasting SELECT gen_random_uuid(), repeat('x', 60) FROM generate_series(1, 300000)",
    );
    await sql("DELETE FROM public.wasting WHERE id::TEXT < 'c'");
    // Else what was counted of it comes after the vacuum, on top of what that counted.
    await sql("SELECT pg_stat_force_next_flush()");
    await sql("VACUUM ANALYZE public.wasting");
    await sql("UPDATE monitoring.alert_thresholds SET enabled = FALSE");
    await watch("table_bloat_percent", 40, 99);
    await watch("index_bloat_percent", 40, 99);
    expect((await look()).toSorted()).toEqual([
      "index_bloat_percent firing warning",
      "table_bloat_percent firing warning",
    ]);
    await sql("VACUUM FULL public.wasting");
    expect((await look()).toSorted()).toEqual(["index_bloat_percent ok", "table_bloat_percent ok"]);
    await sql("DROP TABLE public.wasting");
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
    await sql(
      "INSERT INTO monitoring.alert_thresholds (metric_name, hold_for) VALUES ('nobody_knows_percent', '0')",
    );
    await watch("nobody_knows_percent", 80, 90);
    expect(await look()).toEqual(["nobody_knows_percent no data"]);
    expect(await sql("SELECT state, reason FROM monitoring.alerts")).toEqual([
      { state: "no data", reason: "not measured here" },
    ]);
  });
});
