import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

const thresholds = {
  connection_pool_usage_percent: [70, 85],
  query_execution_time_ms: [5000, 10_000],
  index_bloat_percent: [30, 50],
  table_bloat_percent: [40, 60],
  replication_lag_seconds: [5, 30],
  disk_usage_percent: [80, 90],
  cache_hit_ratio: [95, 90],
  deadlock_count_per_hour: [5, 20],
  long_running_transactions_minutes: [30, 60],
};

describe.each(clusters())("monitoring by psql on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const rows = async (sql: string, values: readonly unknown[] = []) =>
    (await client().query(sql, [...values])).rows;
  const plan = (text: string) => value(client(), "SELECT monitoring.generic_plan($1)", [text]);
  const connections = async (count: number) =>
    await Promise.all(Array.from({ length: count }, () => database().connect()));
  const withStatements = () =>
    client().query(`CREATE SCHEMA IF NOT EXISTS "Else where";
      CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA "Else where"`);
  const fill = (metric: string, warning: number | null, critical: number | null) =>
    client().query(
      "UPDATE monitoring.alert_thresholds SET warning_threshold = $2, critical_threshold = $3 WHERE metric_name = $1",
      [metric, warning, critical],
    );

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query("UPDATE monitoring.alert_thresholds SET enabled = TRUE");
    for (const [metric, [warning = 0, critical = 0]] of Object.entries(thresholds))
      await fill(metric, warning, critical);
  });

  it("has the nine thresholds, of which low values of the cache hit ratio are the bad ones", async () => {
    expect(
      await rows(
        `SELECT metric_name, warning_threshold::INTEGER AS warning, critical_threshold::INTEGER AS critical, direction
         FROM monitoring.alert_thresholds ORDER BY metric_name`,
      ),
    ).toEqual(
      Object.entries(thresholds)
        .map(([metric_name, [warning, critical]]) => ({
          metric_name,
          warning,
          critical,
          direction: metric_name === "cache_hit_ratio" ? "below" : "above",
        }))
        .toSorted((a, b) => (a.metric_name < b.metric_name ? -1 : 1)),
    );
  });

  it.each([
    ["cache_hit_ratio", 95.01, null],
    ["cache_hit_ratio", 95, "WARNING"],
    ["cache_hit_ratio", 90, "CRITICAL"],
    ["cache_hit_ratio", 0, "CRITICAL"],
    ["disk_usage_percent", 79.9, null],
    ["disk_usage_percent", 80, "WARNING"],
    ["disk_usage_percent", 90, "CRITICAL"],
    ["nobody_measures_this", 1e9, null],
  ])("calls %s of %d %s", async (metric, given, level) => {
    const levels = await column(client(), "SELECT alert_level FROM monitoring.alert_level($1, $2)", [
      metric,
      given,
    ]);
    expect(levels).toEqual(level === null ? [] : [level]);
  });

  it("calls nothing an alert that is switched off, or has no threshold", async () => {
    const level = () =>
      column(client(), "SELECT alert_level FROM monitoring.alert_level('disk_usage_percent', 99)");
    await fill("disk_usage_percent", 80, null);
    expect(await level()).toEqual(["WARNING"]);
    await fill("disk_usage_percent", null, 90);
    expect(await level()).toEqual(["CRITICAL"]);
    await client().query("UPDATE monitoring.alert_thresholds SET enabled = FALSE");
    expect(await level()).toEqual([]);
  });

  it("shows who is connected, the oldest before the newest, and no process of the server's own", async () => {
    const name = `monitored ${randomUUID()}`;
    const [first, second] = [
      await database().connect({ application_name: name }),
      await database().connect({ application_name: name }),
    ];
    await Promise.all([first.query("SELECT 1"), second.query("SELECT 1")]);
    const [stats] = await rows(
      `SELECT *, connection_count::INTEGER AS count FROM monitoring.connection_stats WHERE application_name = $1`,
      [name],
    );
    expect(stats).toMatchObject({ state: "idle", username: "postgres", count: 2 });
    expect(stats.oldest_connection.getTime()).toBeLessThan(stats.newest_connection.getTime());
    expect(await column(client(), "SELECT DISTINCT database_name FROM monitoring.connection_stats")).toEqual(
      await column(client(), "SELECT current_database()"),
    );
  });

  it("tells a database with one busy connection to change nothing", async () => {
    const [health] = await rows("SELECT * FROM monitoring.check_connection_pool_health()");
    expect(health).toMatchObject({ pool_name: "application_pool", health_status: "healthy" });
    expect(health.recommendations).toEqual([]);
    const reserved = Number(await value(client(), "SHOW superuser_reserved_connections"));
    const limit = Number(await value(client(), "SHOW max_connections"));
    expect(health.max_connections).toBe(limit - reserved);
  });

  it("says so when transactions are left open, and when most connections are busy", async () => {
    const open = await connections(12);
    for (const one of open.slice(0, 6)) await one.query("BEGIN");
    const health = async () => (await rows("SELECT * FROM monitoring.check_connection_pool_health()"))[0];
    expect(await health()).toMatchObject({
      idle_in_transaction: 6,
      recommendations: [expect.stringContaining("6 connections are idle in a transaction")],
    });
    const busy = open.map((one) => one.query("SELECT pg_sleep(60)").catch(() => undefined));
    let last = await health();
    while (last.active_connections < 13) last = await health();
    expect(last.recommendations).toEqual([expect.stringMatching(/^13 of \d+ connections are active/)]);
    await client().query(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'",
    );
    await Promise.all(busy);
    for (const one of open) await one.query("ROLLBACK");
  });

  it("alerts when the server's connections are used up, and no longer when they are free again", async () => {
    const alerts = () => rows("SELECT * FROM monitoring.check_connection_pool_alerts()");
    await fill("connection_pool_usage_percent", 100, 100);
    expect(await alerts()).toEqual([]);
    await fill("connection_pool_usage_percent", 0.1, 100);
    expect(await alerts()).toMatchObject([
      { alert_level: "WARNING", metric_name: "connection_pool_usage_percent", threshold_value: "0.1" },
    ]);
    await fill("connection_pool_usage_percent", 0.1, 0.2);
    const [alert] = await alerts();
    expect(alert).toMatchObject({ alert_level: "CRITICAL", threshold_value: "0.2" });
    const [used, available] = [...String(alert.message).matchAll(/\d+/g)].map(([digits]) => Number(digits));
    expect(Number(alert.current_value)).toBeCloseTo(((used ?? 0) * 100) / (available ?? 0), 1);
  });

  it("says which indexes are used, those of a partitioned table as one, and calls none useless that keeps a constraint", async () => {
    await client().query("SELECT FROM agents.state WHERE agent_id = gen_random_uuid() AND state_key = 'k'");
    await client().query("SELECT pg_stat_force_next_flush()");
    const usage = await rows("SELECT * FROM monitoring.analyze_index_usage()");
    const names = usage.map(({ schema_name, index_name }) => `${schema_name}.${index_name}`);
    expect(new Set(names).size).toBe(names.length);
    const of = (name: string) => usage.filter(({ index_name }) => index_name === name);
    expect(of("state_pkey")).toMatchObject([
      { schema_name: "agents", table_name: "state", recommendation: "Keeps a constraint" },
    ]);
    expect(of("idx_query_plans_captured")).toMatchObject([
      {
        index_scans: "0",
        usage_ratio: null,
        recommendation: expect.stringContaining("Never used here since"),
      },
    ]);
    expect(of("state_default_pkey")).toEqual([]);
  });

  it.each<[string, string, readonly unknown[]]>([
    ["a statement with parameters", "SELECT FROM agents.state WHERE agent_id = $1 AND state_key = $2", []],
    ["one that deletes", "DELETE FROM agents.registry WHERE agent_id = $1;", []],
    ["one that inserts", "INSERT INTO agents.registry (agent_type, agent_name) VALUES ($1, $2)", []],
    ["one without parameters", "SELECT count(*) FROM agents.registry -- all of them", []],
  ])("plans %s, and executes nothing", async (_, text) => {
    const before = await value(client(), "SELECT count(*) FROM agents.registry");
    expect(await plan(text)).toEqual([
      { Plan: expect.objectContaining({ "Node Type": expect.any(String) }) },
    ]);
    expect(await value(client(), "SELECT count(*) FROM agents.registry")).toBe(before);
    expect(await column(client(), "SELECT name FROM pg_prepared_statements")).toEqual([]);
    expect(await value(client(), "SHOW transaction_read_only")).toBe("off");
  });

  it.each([
    ["a second statement", "SELECT 1; DELETE FROM agents.registry"],
    ["a second statement behind a comment", "SELECT 1 /* ' */; DELETE FROM agents.registry --"],
    ["what is no statement of data", "VACUUM agents.registry"],
    ["what would run it", "EXPLAIN ANALYZE DELETE FROM agents.registry"],
    ["what would make a table", "CREATE TABLE planned (a INTEGER)"],
    ["nothing", " ; "],
    ["a table that was dropped since", "SELECT FROM agents.gone WHERE a = $1"],
    ["a text that was cut off", "SELECT FROM agents.registry WHERE agent_id IN ($1, $2"],
  ])("plans no %s, and executes nothing", async (_, text) => {
    const before = await value(client(), "SELECT count(*) FROM agents.registry");
    expect(await refusalOf(plan(text))).toMatchObject({ message: expect.stringMatching(/\w/) });
    expect(await value(client(), "SELECT count(*) FROM agents.registry")).toBe(before);
    expect(await value(client(), "SELECT to_regclass('planned')")).toBeNull();
    expect(await column(client(), "SELECT name FROM pg_prepared_statements")).toEqual([]);
  });

  it("lets no function write that is called while a statement is planned, whatever it was declared", async () => {
    await client().query(`
      CREATE TABLE public.written (a INTEGER);
      CREATE SEQUENCE public.drawn;
      CREATE FUNCTION public.writes() RETURNS INTEGER LANGUAGE plpgsql VOLATILE
        AS $$ BEGIN INSERT INTO public.written VALUES (1); RETURN 1; END $$;
      CREATE FUNCTION public.lies() RETURNS INTEGER LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.writes(); END $$;
      CREATE FUNCTION public.draws() RETURNS BIGINT LANGUAGE plpgsql IMMUTABLE
        AS $$ BEGIN RETURN nextval('public.drawn'); END $$`);
    for (const name of ["lies", "draws"])
      expect(await refusalOf(plan(`SELECT FROM agents.registry WHERE 1 = public.${name}()`))).toMatchObject({
        code: "25006",
      });
    expect(await value(client(), "SELECT count(*) FROM public.written")).toBe("0");
    expect(await value(client(), "SELECT is_called FROM public.drawn")).toBe(false);
  });

  it("keeps no error as a plan", async () => {
    const capture = (text: string) =>
      value(client(), "SELECT monitoring.capture_slow_query_plan('7', $1, 1234.5)", [text]);
    expect(await refusalOf(capture("SELECT FROM agents.gone"))).toMatchObject({ code: "42P01" });
    const id = await capture("SELECT FROM agents.registry WHERE agent_id = $1");
    expect(
      await rows(
        "SELECT plan_id, mean_exec_time_ms, query_text FROM monitoring.query_plans WHERE query_hash = '7'",
      ),
    ).toEqual([
      {
        plan_id: id,
        mean_exec_time_ms: "1234.5",
        query_text: "SELECT FROM agents.registry WHERE agent_id = $1",
      },
    ]);
  });

  it("says that statements are not recorded, and what to do, where the extension is not there", async () => {
    await client().query("DROP EXTENSION IF EXISTS pg_stat_statements");
    for (const name of ["check_query_performance_alerts", "auto_capture_slow_queries"])
      expect(await refusalOf(client().query(`SELECT monitoring.${name}()`))).toMatchObject({
        code: "0A000",
        hint: expect.stringContaining("CREATE EXTENSION pg_stat_statements"),
      });
  });

  it("alerts of statements that are slow on average, and captures their plans once a day", async () => {
    await withStatements();
    const slow = (seconds: number) =>
      client().query("SELECT agent_id, pg_sleep($1::DOUBLE PRECISION) FROM agents.registry LIMIT 1", [
        seconds,
      ]);
    await slow(1.05);
    const alerts = () =>
      rows(
        "SELECT * FROM monitoring.check_query_performance_alerts() WHERE message LIKE '%pg_sleep%FROM agents.registry%'",
      );
    expect(await alerts()).toEqual([]);
    await fill("query_execution_time_ms", 1000, 10_000);
    expect(await alerts()).toMatchObject([
      { alert_level: "WARNING", metric_name: "query_execution_time_ms", calls: "1" },
    ]);
    await fill("query_execution_time_ms", 500, 1000);
    const [alert] = await alerts();
    expect(alert).toMatchObject({ alert_level: "CRITICAL" });
    expect(Number(alert.mean_time_ms)).toBeGreaterThan(1000);

    // One that cannot be planned any more, as its table is gone, keeps the other from nothing.
    await client().query("CREATE TABLE public.gone AS SELECT 1 AS a");
    await client().query("SELECT a, pg_sleep(1.05) FROM public.gone");
    await client().query("DROP TABLE public.gone");
    const warnings: string[] = [];
    client().on("notice", ({ message = "" }) => warnings.push(message));
    expect(await value(client(), "SELECT monitoring.auto_capture_slow_queries()")).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('relation "public.gone" does not exist')]);
    expect(
      await rows(
        `SELECT query_hash, calls, plan_json -> 0 ? 'Plan' AS planned, execution_stats -> 'rows' AS rows
         FROM monitoring.query_plans WHERE query_text LIKE '%pg_sleep%'`,
      ),
    ).toEqual([{ query_hash: alert.query_hash, calls: "1", planned: true, rows: 1 }]);
    expect(await value(client(), "SELECT monitoring.auto_capture_slow_queries()")).toBe(0);
  });

  it("captures what can be planned behind ten that cannot, what two roles ran once, and what begins with a comment or a parenthesis", async () => {
    await withStatements();
    await client().query(
      `DELETE FROM monitoring.query_plans; SELECT "Else where".pg_stat_statements_reset()`,
    );
    const other = `slow_${randomUUID().slice(0, 8)}`;
    await client().query(`CREATE ROLE ${other} LOGIN PASSWORD 'secret' IN ROLE pg_monitor`);
    const runner = await database().connect({ user: other, password: "secret" });
    const slow = (texts: readonly string[]) =>
      Promise.all(
        texts.map(async (text) => {
          const one = await database().connect();
          await one.query(text);
        }),
      );
    const gone = Array.from({ length: 11 }, (_, n) => `unplanned_${n}`);
    await client().query(gone.map((name) => `CREATE TABLE public.${name} AS SELECT 1 AS a`).join(";"));
    await slow(gone.map((name) => `SELECT a, pg_sleep(1.6) FROM public.${name}`));
    await client().query(gone.map((name) => `DROP TABLE public.${name}`).join(";"));
    await slow([
      "/* by a * tool */ SELECT 'commented', pg_sleep(1.05)",
      "-- by hand\nSELECT 'explained', pg_sleep(1.05), 1",
      "(SELECT 'parenthesised', pg_sleep(1.05), 1, 2)",
      "SELECT pg_sleep(1.05), 1, 2, 3",
    ]);
    await runner.query("SELECT pg_sleep(1.05), 1, 2, 3");
    await runner.end();
    await client().query("SET client_min_messages = error");
    expect(await value(client(), "SELECT monitoring.auto_capture_slow_queries()")).toBe(4);
    await client().query("RESET client_min_messages");
    const captured = await rows(
      "SELECT query_hash, calls::INTEGER FROM monitoring.query_plans ORDER BY calls",
    );
    expect(captured.map(({ calls }) => calls)).toEqual([1, 1, 1, 2]);
    expect(new Set(captured.map(({ query_hash }) => query_hash)).size).toBe(4);
    await client().query(`DROP ROLE ${other}`);
  });

  describe("advice on indexes", () => {
    const capture = (hash: string, text: string) =>
      client().query("SELECT monitoring.capture_slow_query_plan($1, $2, 1234)", [hash, text]);
    beforeAll(async () => {
      await client().query(`
        CREATE SCHEMA shop;
        CREATE TABLE shop.orders (id INT PRIMARY KEY, buyer INT, "Named" TEXT, region TEXT, placed TIMESTAMPTZ, doc JSONB);
        INSERT INTO shop.orders
        SELECT i, i % 900, 'n' || i % 300, 'r' || i % 5, now(), '{}' FROM generate_series(1, 20000) AS i;
        CREATE TABLE shop.parts (a INT, b INT) PARTITION BY HASH (a);
        CREATE TABLE shop.parts_0 PARTITION OF shop.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO shop.parts SELECT i, i % 700 FROM generate_series(1, 20000) AS i;
        ANALYZE shop.orders, shop.parts`);
      await client().query("SELECT pg_stat_force_next_flush()");
    });
    beforeEach(async () => {
      await client().query(
        "DELETE FROM monitoring.query_plans; DELETE FROM monitoring.index_recommendations",
      );
    });
    const suggested = () =>
      column(client(), "SELECT suggested_index FROM monitoring.suggest_missing_indexes()");
    const generate = () => value(client(), "SELECT monitoring.generate_index_recommendations()");

    it("names columns that the catalogue has, those first that are compared for equality, and of a partitioned table the whole", async () => {
      await capture(
        "1",
        `SELECT * FROM shop.orders AS o WHERE o.placed > $1 AND o.region = $2 AND o."Named" = $3`,
      );
      await capture("2", "SELECT * FROM shop.parts WHERE b = $1");
      await capture("3", "SELECT * FROM shop.orders WHERE doc = $1 AND id = $2");
      await capture("4", "SELECT '(buyer = 1) ' FROM shop.orders WHERE region || '(buyer = 1) ' = $1");
      const [one, other, ...more] = (await suggested()).toSorted();
      expect(one).toBe(
        'CREATE INDEX CONCURRENTLY "idx_orders_Named_region_placed" ON shop.orders USING btree ("Named", region, placed);',
      );
      expect(other).toMatch(/^CREATE INDEX idx_parts_b ON ONLY shop\.parts USING btree \(b\);\n/);
      expect(more).toEqual([]);
    });

    it("gives what PostgreSQL runs for a table whose partitions have partitions, part by part", async () => {
      const long = `${"part_of_a_long_name".repeat(3)}_x`;
      await client().query(`
        CREATE TABLE shop.deep (a INT, b INT, c INT) PARTITION BY LIST (a);
        CREATE TABLE shop.deep_1 PARTITION OF shop.deep FOR VALUES IN (1) PARTITION BY LIST (b);
        CREATE TABLE shop.deep_1_1 PARTITION OF shop.deep_1 FOR VALUES IN (1);
        CREATE TABLE shop.${long} PARTITION OF shop.deep DEFAULT;
        INSERT INTO shop.deep SELECT 1 + i % 2, 1, i FROM generate_series(1, 20000) AS i;
        ANALYZE shop.deep`);
      await capture("1", "SELECT * FROM shop.deep WHERE c = $1");
      const [statements] = await suggested();
      for (const one of String(statements).split("\n")) await client().query(one);
      expect(
        await rows(`SELECT i.indisvalid AS valid FROM pg_partition_tree('shop.idx_deep_c') AS t
          JOIN pg_index AS i ON i.indexrelid = t.relid`),
      ).toEqual(Array.from({ length: 4 }, () => ({ valid: true })));
      expect(await suggested()).toEqual([]);
      expect(await generate()).toBe(0);
      await client().query("DROP TABLE shop.deep");
    });

    it("goes by the plan that a statement has now, not by the one that was captured last", async () => {
      const id = await value(
        client(),
        "SELECT monitoring.capture_slow_query_plan('1', 'SELECT * FROM shop.orders WHERE buyer = $1', 1234)",
      );
      await capture("1", "SELECT * FROM shop.orders WHERE id = $1");
      expect(await suggested()).toEqual([]);
      await client().query(
        "UPDATE monitoring.query_plans SET chosen_at = clock_timestamp() WHERE plan_id = $1",
        [id],
      );
      expect(await suggested()).toEqual([expect.stringContaining("idx_orders_buyer")]);
    });

    it("knows how large a table is when its counters were reset", async () => {
      await capture("1", "SELECT * FROM shop.orders WHERE buyer = $1");
      await client().query("SELECT pg_stat_reset_single_table_counters('shop.orders'::REGCLASS)");
      expect(await suggested()).toEqual([expect.stringContaining("idx_orders_buyer")]);
    });

    it("is given to who has pg_monitor alone", async () => {
      await capture("1", "SELECT * FROM shop.orders WHERE buyer = $1");
      const role = `adviser_${randomUUID().slice(0, 8)}`;
      await client().query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE pg_monitor`);
      const adviser = await database().connect({ user: role, password: "secret" });
      expect(
        await column(adviser, "SELECT suggested_index FROM monitoring.suggest_missing_indexes()"),
      ).toEqual([expect.stringContaining("idx_orders_buyer")]);
      await adviser.end();
      await client().query(`DROP ROLE ${role}`);
    });

    it("gives nothing that an index begins with, and builds what it says", async () => {
      await capture("1", "SELECT * FROM shop.orders WHERE buyer = $1");
      await capture("2", "SELECT * FROM shop.orders WHERE buyer = $1 AND region = $2");
      const statements = await suggested();
      expect(statements).toEqual([
        "CREATE INDEX CONCURRENTLY idx_orders_buyer_region ON shop.orders USING btree (buyer, region);",
      ]);
      await client().query(String(statements[0]));
      expect(await suggested()).toEqual([]);
      await client().query("DROP INDEX shop.idx_orders_buyer_region");
    });

    it("is kept once, not given again when it was rejected, and obsolete when its time or its table is gone", async () => {
      await capture("1", "SELECT * FROM shop.orders WHERE buyer = $1");
      expect(await generate()).toBe(1);
      expect(await generate()).toBe(0);
      await client().query(
        "UPDATE monitoring.index_recommendations SET status = 'rejected', decided_at = now()",
      );
      expect(await generate()).toBe(0);
      await client().query("DELETE FROM monitoring.index_recommendations");
      expect(await generate()).toBe(1);
      await client().query(
        "UPDATE monitoring.index_recommendations SET created_at = now() - INTERVAL '31 days'",
      );
      expect(await generate()).toBe(1);
      await client().query(
        "UPDATE monitoring.index_recommendations SET table_name = 'gone' WHERE status = 'pending'",
      );
      expect(await generate()).toBe(1);
      expect(
        await rows(
          "SELECT status, decision_reason FROM monitoring.index_recommendations ORDER BY created_at",
        ),
      ).toEqual([
        { status: "obsolete", decision_reason: "nobody decided on it for 30 days" },
        { status: "obsolete", decision_reason: "the table shop.gone is gone" },
        { status: "pending", decision_reason: null },
      ]);
    });

    it("is implemented when its index is there, and else an error says which command builds it", async () => {
      await capture("1", "SELECT * FROM shop.orders WHERE buyer = $1");
      await generate();
      const id = await value(client(), "SELECT recommendation_id FROM monitoring.index_recommendations");
      const implement = () => value(client(), "SELECT monitoring.implement_index_recommendation($1)", [id]);
      expect(await refusalOf(implement())).toMatchObject({
        code: "0A000",
        hint: expect.stringContaining(`smith index apply ${id}`),
      });
      await client().query("CREATE INDEX idx_orders_buyer ON shop.orders (region)");
      expect(await refusalOf(implement())).toMatchObject({ code: "42710" });
      await client().query("DROP INDEX shop.idx_orders_buyer");
      await client().query("CREATE INDEX CONCURRENTLY idx_orders_buyer ON shop.orders (buyer)");
      expect(await implement()).toBe(true);
      expect(await refusalOf(implement())).toMatchObject({ code: "55000" });
      expect(
        await rows("SELECT status, implemented_at IS NULL AS never FROM monitoring.index_recommendations"),
      ).toEqual([{ status: "implemented", never: false }]);
      await client().query("DROP INDEX shop.idx_orders_buyer");
      expect(
        await refusalOf(
          value(client(), "SELECT monitoring.implement_index_recommendation(gen_random_uuid())"),
        ),
      ).toMatchObject({ code: "P0002" });
    });
  });

  it("counts for a role without rights what it may not see", async () => {
    const role = `onlooker_${randomUUID().slice(0, 8)}`;
    await client().query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE app_readonly`);
    const onlooker = await database().connect({ user: role, password: "secret" });
    const total = "SELECT total_connections FROM monitoring.check_connection_pool_health()";
    expect(await value(onlooker, total)).toBe(await value(client(), total));
    const all = "SELECT sum(connection_count)::INTEGER FROM monitoring.connection_stats";
    expect(await value(onlooker, all)).toBe(await value(client(), all));
    await onlooker.end();
    await client().query(`DROP ROLE ${role}`);
  });

  describe("by a role with pg_monitor alone", () => {
    const role = `watcher_${randomUUID().slice(0, 8)}`;
    let watcher: Client;
    beforeAll(async () => {
      await client().query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE pg_monitor`);
      watcher = await database().connect({ user: role, password: "secret" });
    });
    afterAll(async () => {
      await watcher.end();
      await client().query(`DROP ROLE ${role}`);
    });

    it.each([
      "SELECT * FROM monitoring.connection_stats WHERE state IS NOT NULL AND username = 'postgres'",
      "SELECT * FROM monitoring.check_connection_pool_health() WHERE active_connections > 0",
      "SELECT * FROM monitoring.analyze_index_usage()",
      "SELECT * FROM monitoring.alert_thresholds",
      "SELECT monitoring.generic_plan('SELECT 1')",
      "SELECT monitoring.capture_slow_query_plan('8', 'SELECT 1', 1)",
      "SELECT * FROM monitoring.query_plans WHERE query_hash = '8'",
    ])("%s has rows", async (text) => {
      expect((await watcher.query(text)).rows).not.toEqual([]);
    });

    it("reads what is slow", async () => {
      await withStatements();
      await client().query(`GRANT USAGE ON SCHEMA "Else where" TO PUBLIC`);
      expect(
        (await watcher.query("SELECT count(*) > 0 AS some FROM monitoring.statement_statistics()")).rows,
      ).toEqual([{ some: true }]);
    });
  });
});
