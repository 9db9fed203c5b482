import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { clusters } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unknownId, useOperatedSystem } from "./operated-system.ts";
import { temporaryFolder } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

describe.each(clusters())("smith monitor on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const clients: Client[] = [];
  const set = (metric: string, warning: number, critical: number) =>
    system().sql(
      `UPDATE monitoring.alert_thresholds SET warning_threshold = ${warning}, critical_threshold = ${critical}
       WHERE metric_name = '${metric}'`,
    );
  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: system().url, application_name: "monitored" });
    clients.push(client);
    await client.connect();
    return client;
  }
  beforeAll(async () => {
    // Whatever other tests do to the server meanwhile: only what these set is an alert.
    await system().sql(
      "UPDATE monitoring.alert_thresholds SET warning_threshold = NULL, critical_threshold = NULL",
    );
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
  });

  it("check ends with the code of the worst, as Nagios reads it, and sums it up in the first line", async () => {
    const checked = async () => {
      const { code, json } = await system().smith("monitor check");
      return [code, json.level];
    };
    expect(await checked()).toEqual([0, "ok"]);
    // What is not there by its nature is said, and is no fault.
    expect((await system().text("monitor check")).stdout).toMatch(/^OK: \d of 9 could not be measured$/m);
    await set("connection_pool_usage_percent", 0.001, 100);
    expect(await checked()).toEqual([1, "warning"]);
    await set("connection_pool_usage_percent", 0.001, 0.002);
    expect(await checked()).toEqual([2, "critical"]);
    const { code, stdout } = await system().text("monitor check");
    expect(code).toBe(2);
    expect(stdout.split("\n")[0]).toMatch(/^CRITICAL: connection_pool_usage_percent \d/);
    // What is counted in an hour is not known at the first look.
    await system().sql(
      "UPDATE monitoring.alert_thresholds SET enabled = metric_name = 'deadlock_count_per_hour'",
    );
    expect(await checked()).toEqual([3, "unknown"]);
    await system().sql("UPDATE monitoring.alert_thresholds SET enabled = TRUE");
    await set("connection_pool_usage_percent", 99, 100);
    await system().sql(
      "INSERT INTO monitoring.alert_thresholds (metric_name) VALUES ('nobody_knows_percent')",
    );
    expect(await checked()).toEqual([3, "unknown"]);
    await system().sql("DELETE FROM monitoring.alert_thresholds WHERE metric_name = 'nobody_knows_percent'");
  });

  it("connections shows who leaves a transaction open, the oldest first, and how many there may be", async () => {
    const open = await connect();
    await open.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id()");
    const { code, json } = await system().smith("monitor connections --limit 1000");
    expect(code).toBe(0);
    expect(json.available).toBe(297);
    expect(json.used).toBeGreaterThan(0);
    expect(
      json.connections.find(({ application }: { application: string }) => application === "monitored"),
    ).toMatchObject({ state: "idle in transaction", keepsTransactions: expect.any(Number) });
    const ages = json.connections.map(
      ({ transactionMs }: { transactionMs: number | null }) => transactionMs ?? -1,
    );
    expect(ages).toEqual(ages.toSorted((a: number, b: number) => b - a));
    const { stdout } = await system().text("monitor connections --limit 1");
    expect(stdout.split("\n")[0]).toMatch(/^\d+ of 297 connections are in use$/);
    await open.query("ROLLBACK");
  });

  it("bloat and vacuum show a table that wastes, and that autovacuum never comes to it", async () => {
    const client = await connect();
    await client.query(`CREATE TABLE public.wasting (id INT PRIMARY KEY, t TEXT) WITH (autovacuum_enabled = off);
      INSERT INTO public.wasting SELECT i, repeat('x', 60) FROM generate_series(1, 50000) AS i;
      DELETE FROM public.wasting WHERE id > 20000; SELECT pg_stat_force_next_flush()`);
    const vacuumed = await system().smith("monitor vacuum");
    expect(vacuumed.json.tables[0]).toMatchObject({
      table: "wasting",
      deadRows: 30_000,
      triggerRows: 50,
      isOff: true,
      vacuumedAtMs: null,
    });
    expect((await system().text("monitor vacuum")).stdout).toMatch(
      /public\.wasting +30000 +50 +20000 +never +\d+ +autovacuum is off/,
    );
    await client.query("VACUUM (ANALYZE, TRUNCATE off) public.wasting");
    const bloated = await system().smith("monitor bloat");
    const [table] = bloated.json.relations.filter(({ index }: { index: string | null }) => index === null);
    expect(table).toMatchObject({ schema: "public", table: "wasting", method: "estimated", reason: null });
    expect(table.bloatBytes / table.bytes).toBeGreaterThan(0.5);
    expect((await system().text("monitor bloat")).stdout).toMatch(/ table +public\.wasting +estimated/);
    await client.query("DROP TABLE public.wasting");
  });

  it("disk shows what is taken, and how full the disks of this machine are", async () => {
    const { code, json } = await system().smith("monitor disk");
    expect(code).toBe(0);
    const taken = json.taken.map(({ what }: { what: string }) => what);
    expect(taken).toEqual(expect.arrayContaining(["log", "temporary files", "tablespace pg_default"]));
    expect(json.fileSystemsState).toBe(process.platform === "linux" ? "ok" : "unsupported");
    expect((await system().text("monitor disk")).stdout).toMatch(/^log +\d/m);
  });

  it("alerts thresholds shows and changes them, and says what cannot be", async () => {
    const of = async (line: string) => {
      const { code, json } = await system().smith(`monitor alerts thresholds ${line}`);
      return code === 0 ? json.thresholds[0] : code;
    };
    expect((await system().smith("monitor alerts thresholds")).json.thresholds).toHaveLength(9);
    expect(
      await of("replication_lag_seconds --warning 7 --critical 70.5 --every 20s --hold 2m --off"),
    ).toEqual({
      metric: "replication_lag_seconds",
      of: null,
      warning: 7,
      critical: 70.5,
      direction: "above",
      everyMs: 20_000,
      holdMs: 120_000,
      enabled: false,
      channels: [],
    });
    expect(await of("replication_lag_seconds --channels pager,mail")).toMatchObject({
      channels: ["pager", "mail"],
    });
    expect(await of("replication_lag_seconds --channels all")).toMatchObject({ channels: [] });
    expect(await of("replication_lag_seconds --channels Pager!")).toBe(2);
    expect(await of("replication_lag_seconds --warning none --on")).toMatchObject({
      warning: null,
      enabled: true,
    });
    expect(await of("replication_lag_seconds")).toMatchObject({
      warning: null,
      critical: 70.5,
      enabled: true,
    });
    expect(await of("replication_lag_seconds --warning 71")).toBe(2);
    expect(await of("replication_lag_seconds --warning many")).toBe(2);
    expect(await of("nothing_like_it --warning 1")).toBe(8);
    expect(await of("nothing_like_it")).toBe(8);
    expect(await of("--warning 1")).toBe(2);
    expect((await system().text("monitor alerts thresholds cache_hit_ratio")).stdout).toContain(
      "cache_hit_ratio",
    );
    await set("replication_lag_seconds", 5, 30);
  });

  it("alerts thresholds gives one role or database its own, and takes them away again", async () => {
    const metric = "long_running_transactions_minutes";
    const run = async (line: string) => await system().smith(`monitor alerts thresholds ${metric} ${line}`);
    expect((await run("--role etl --warning 240 --critical 480")).json.thresholds).toMatchObject([
      { metric, of: { role: "etl" }, warning: 240, critical: 480, enabled: true },
    ]);
    expect((await run("--role etl --off")).json.thresholds).toMatchObject([{ warning: 240, enabled: false }]);
    expect((await system().smith(`monitor alerts thresholds ${metric}`)).json.thresholds).toHaveLength(2);
    expect((await system().text("monitor alerts thresholds")).stdout).toContain(`${metric} of role etl`);
    expect((await run("--role etl --inherit")).json.thresholds).toMatchObject([{ of: null }]);
    expect((await run("--role etl --every 5s")).code).toBe(2);
    expect((await run("--role etl --database x --on")).code).toBe(2);
    expect((await run("--inherit")).code).toBe(2);
    expect(
      await system().smith("monitor alerts thresholds replication_lag_seconds --role etl --warning 1"),
    ).toMatchObject({ code: 2, json: { error: { message: expect.stringContaining("one role") } } });
  });

  it("alerts silence silences for a while, shows it, and ends it", async () => {
    const silence = (words: readonly string[]) => system().smith(["monitor", "alerts", "silence", ...words]);
    expect(await silence([])).toMatchObject({ code: 0, json: { silences: [] } });
    const made = await silence([
      "cache_hit_ratio",
      ...["--database", "x", "--for", "2h", "--reason", "copied anew", "--by", "me"],
    ]);
    const [one] = made.json.silences;
    expect(one).toMatchObject({
      metric: "cache_hit_ratio",
      of: { database: "x" },
      reason: "copied anew",
      by: "me",
    });
    expect(Date.parse(one.until) - Date.parse(one.from)).toBe(7_200_000);
    const all = await silence(["--all", "--for", "30m", "--reason", "upgrade", "--from", "2099-01-01"]);
    expect(all.json.silences).toMatchObject([{ metric: null, from: "2099-01-01T00:00:00.000Z" }]);
    expect((await silence([])).json.silences).toHaveLength(2);
    expect((await system().text("monitor alerts silence")).stdout).toContain("cache_hit_ratio of database x");
    for (const { id } of (await silence([])).json.silences)
      expect((await silence(["--end", id])).code).toBe(0);
    expect((await silence([])).json.silences).toEqual([]);
    expect((await silence(["--ended"])).json.silences).toHaveLength(2);
    expect((await silence(["--end", unknownId])).code).toBe(8);
    expect((await silence(["no_such_metric", "--for", "1h", "--reason", "r"])).code).toBe(8);
    expect((await silence(["cache_hit_ratio", "--for", "1h"])).code).toBe(2);
    expect((await silence(["--for", "1h", "--reason", "r"])).code).toBe(2);
    expect((await silence(["--all", "--for", "400d", "--reason", "r"])).code).toBe(2);
  });

  it("alerts test tells each channel, and says which was reached", async () => {
    const bodies: unknown[] = [];
    const receiver = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        bodies.push(JSON.parse(text));
        response.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const channels = {
      pager: { type: "webhook", url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}` },
      gone: { type: "webhook", url: "http://127.0.0.1:2", secret: "s3cret" },
    };
    const smith = smithOn(system().url, { env: { SMITH_MONITORING_CHANNELS: JSON.stringify(channels) } });
    try {
      const { code, json } = await smith("monitor alerts test");
      expect(code).toBe(1);
      expect(json.channels).toEqual([
        { channel: "log", type: "log", arrived: true, error: null },
        { channel: "pager", type: "webhook", arrived: true, error: null },
        {
          channel: "gone",
          type: "webhook",
          arrived: false,
          error: expect.stringContaining("ECONNREFUSED"),
        },
      ]);
      expect(bodies).toMatchObject([{ commonLabels: { alertname: "SmithTest", test: "true" } }]);
      expect((await smith("monitor alerts test --channel pager")).code).toBe(0);
      expect((await smith("monitor alerts test --channel nobody")).code).toBe(8);
      const shown = JSON.stringify((await smith("config")).json);
      expect(shown).toContain("pager");
      expect(shown).not.toContain("s3cret");
      const wrong = smithOn(system().url, {
        env: { SMITH_MONITORING_CHANNELS: '{"pager": {"type": "webhook", "secret": "s3cret"}}' },
      });
      const refused = await wrong("monitor alerts test");
      expect(refused.code).toBe(2);
      expect(refused.json.error.message).toContain("monitoring.channels.pager is");
      expect(refused.json.error.message).not.toContain("s3cret");
    } finally {
      receiver.closeAllConnections();
      receiver.close();
    }
  });

  it("check warns when smithd looked once, and looks no more", async () => {
    await system().sql(
      "UPDATE monitoring.alert_thresholds SET warning_threshold = NULL, critical_threshold = NULL",
    );
    expect(await system().smith("monitor check")).toMatchObject({ code: 0, json: { heartbeat: null } });
    await system().sql(
      "INSERT INTO monitoring.heartbeats (name, holder, beat_at, beat_every) VALUES ('monitor', 'there:1', now(), '15 s')",
    );
    expect(await system().smith("monitor check")).toMatchObject({
      code: 0,
      json: { heartbeat: { holder: "there:1", isLate: false } },
    });
    await system().sql("UPDATE monitoring.heartbeats SET beat_at = now() - INTERVAL '10 minutes'");
    expect(await system().smith("monitor check")).toMatchObject({
      code: 1,
      json: { level: "warning", heartbeat: { isLate: true } },
    });
    expect((await system().text("monitor check")).stdout).toMatch(
      /^WARNING: smithd looks no more, for 10 min/,
    );
    await system().sql("DELETE FROM monitoring.heartbeats");
  });

  it("alerts list shows what fires, and ends with 1 then", async () => {
    const { stderr } = await system().text("monitor alerts list");
    expect(stderr).toContain("does smithd run");
    await system().sql(`
      INSERT INTO monitoring.alerts (metric_name, state, severity, value, checked_at)
      VALUES ('disk_usage_percent', 'firing', 'critical', 97.25, now()), ('table_bloat_percent', 'ok', NULL, 1, now());
      INSERT INTO monitoring.alert_changes (metric_name, state, severity, value) VALUES ('disk_usage_percent', 'firing', 'critical', 97.25)`);
    const { code, json } = await system().smith("monitor alerts list");
    expect(code).toBe(1);
    expect(json.alerts.map(({ metric, state }: Record<string, string>) => [metric, state])).toEqual([
      ["disk_usage_percent", "firing"],
      ["table_bloat_percent", "ok"],
    ]);
    expect(json.changes).toMatchObject([
      { metric: "disk_usage_percent", severity: "critical", toldAt: null },
    ]);
    expect((await system().text("monitor alerts list")).stdout).toMatch(/firing +critical .*97\.25/);
    await system().sql("DELETE FROM monitoring.alerts; DELETE FROM monitoring.alert_changes");
    expect(await system().smith("monitor alerts list")).toMatchObject({ code: 0, json: { alerts: [] } });
  });

  it("metrics prints what is known, and says what is not and why", async () => {
    const { stdout } = await system().text("monitor metrics");
    expect(stdout).toContain("# TYPE smith_pg_connections gauge\n");
    expect(stdout).toMatch(/^smith_pg_in_recovery 0$/m);
    const { json } = await system().smith("monitor metrics");
    expect(json.collectors.find(({ name }: { name: string }) => name === "replica").state).toBe(
      "unsupported",
    );
  });

  it("locks shows who holds the others up, first", async () => {
    // Others use this server, too.
    const ours = async () =>
      (await system().smith("monitor locks")).json.waits.filter(
        ({ application }: { application: string }) => application === "monitored",
      );
    expect(await ours()).toEqual([]);
    const [holder, waiter] = [await connect(), await connect()];
    await holder.query("BEGIN; LOCK TABLE agents.registry IN ACCESS EXCLUSIVE MODE");
    const waiting = waiter.query("SELECT count(*) FROM agents.registry");
    let waits = await ours();
    while (waits.length < 2) waits = await ours();
    expect(waits).toMatchObject([
      { blockedBy: [], state: "idle in transaction", waitsFor: null },
      { blockedBy: [waits[0].pid], waitsFor: "AccessShareLock on agents.registry" },
    ]);
    const { stdout } = await system().text("monitor locks");
    expect(stdout).toContain("nobody");
    await holder.query("ROLLBACK");
    await waiting;
  });

  it("slow says what is missing where statements are not recorded, and shows them where they are", async () => {
    await system().sql("DROP EXTENSION IF EXISTS pg_stat_statements");
    expect(await system().smith("monitor slow")).toMatchObject({ code: 7 });
    await system().sql("CREATE EXTENSION pg_stat_statements");
    await system().sql("SELECT 1, 2, pg_sleep(0.2)");
    const { code, json } = await system().smith("monitor slow --by mean --limit 1");
    expect(code).toBe(0);
    expect(json.statements).toMatchObject([{ text: "SELECT $1, $2, pg_sleep($3)" }]);
    expect((await system().text("monitor slow --limit 3")).stdout).toContain("statement");
  });

  it("slow --over shows what was done meanwhile, and nothing of before", async () => {
    await system().sql("SELECT 1, 2, 3, pg_sleep(0.3)");
    const waiting = system().smith("monitor slow --over 3s --limit 100");
    // It goes on until the time is over: some of it is within.
    let isOver = false;
    void waiting.then(() => {
      isOver = true;
    });
    while (!isOver) await system().sql("SELECT 1, pg_sleep(0.1), 4, 5");
    const { code, json } = await waiting;
    expect(code).toBe(0);
    const texts = json.statements.map(({ text }: { text: string }) => text);
    expect(texts).toContain("SELECT $1, pg_sleep($2), $3, $4");
    expect(texts).not.toContain("SELECT $1, $2, $3, pg_sleep($4)");
    expect(json).toMatchObject({ isReset: expect.any(Boolean), from: expect.any(String) });
    expect(await system().smith("monitor slow --over 2d")).toMatchObject({ code: 2 });
    expect(await system().smith("monitor slow --over long")).toMatchObject({ code: 2 });
  });

  it("plans are captured, listed, shown as a tree, and held against each other", async () => {
    const slow = "SELECT count(*), pg_sleep(0.5) FROM public.planned WHERE id = 7";
    const text = "SELECT count(*), pg_sleep($1) FROM public.planned WHERE id = $2";
    await system().sql(`CREATE TABLE public.planned AS SELECT n AS id FROM generate_series(1, 20000) AS n;
      ANALYZE public.planned`);
    expect((await system().text("monitor plans list")).stderr).toContain("no plan is on record");
    const capture = async () => {
      await system().sql(slow);
      const { code, json } = await system().smith("monitor plans capture --limit 100");
      expect(code).toBe(0);
      return json.statements.find((one: { text: string }) => one.text === text);
    };
    const first = await capture();
    expect(first).toMatchObject({ outcome: "first", planId: expect.any(String) });
    expect(await system().smith(`monitor plans diff ${first.planId}`)).toMatchObject({ code: 8 });
    await system().sql("CREATE INDEX planned_id ON public.planned (id)");
    const changed = await capture();
    expect(changed).toMatchObject({ outcome: "changed", previousId: first.planId });

    const { json } = await system().smith(`monitor plans list --changed --query ${first.queryId}`);
    expect(json.plans).toMatchObject([
      { planId: changed.planId, ways: 2, source: "generic", text },
      { planId: first.planId, ways: 2 },
    ]);
    const shown = await system().text(`monitor plans show ${first.planId}`);
    expect(shown.stdout).toMatch(
      /^Aggregate {2}\(cost [\d.]+, rows 1\)\n {2}Seq Scan on planned {2}.*\n.* Filter: /m,
    );
    const diff = await system().text(`monitor plans diff ${changed.planId}`);
    expect(diff.stdout).toMatch(/^- +Seq Scan on planned/m);
    expect(diff.stdout).toMatch(/^\+ +.*planned_id/m);
    expect((await system().smith(`monitor plans diff ${changed.planId} ${first.planId}`)).json.isSame).toBe(
      false,
    );
    expect((await system().smith(`monitor plans diff ${first.planId} ${first.planId}`)).json.isSame).toBe(
      true,
    );
    expect((await system().text("monitor plans list --limit 3")).stdout).toContain("ways");
    expect(await system().smith("monitor plans show 00000000-0000-4000-8000-00000000dead")).toMatchObject({
      code: 8,
    });
    expect(await system().smith("monitor plans show nothing")).toMatchObject({ code: 2 });
  });

  it("plans import takes in a log, says what of it cannot be read, and ends with 1 then", async () => {
    await using folder = await temporaryFolder();
    const plan =
      '{"Query Text": "SELECT \\"b\\u001b[2J\\" FROM a WHERE b = 3", "Plan": {"Node Type": "Seq Scan", "Relation Name": "a"}}';
    const whole = `2026 LOG:  duration: 12.345 ms  plan:\n\t${plan}\n`;
    const file = (name: string) => join(folder.path, name);
    await writeFile(file("whole.log"), whole + whole);
    await writeFile(file("cut.log"), `${whole.slice(0, -20)}\n${whole}`);
    await writeFile(file("empty.log"), "");
    const { code, json } = await system().smith(`monitor plans import ${file("whole.log")}`);
    expect([code, json]).toMatchObject([0, { first: 1, same: 1, unreadable: 0 }]);
    expect(await system().smith(`monitor plans import ${file("cut.log")}`)).toMatchObject({
      code: 1,
      json: { same: 1, unreadable: 1, reasons: [expect.any(String)] },
    });
    expect((await system().text(`monitor plans import ${file("empty.log")}`)).stderr).toContain(
      "log_format = json",
    );
    expect(await system().smith(`monitor plans import ${file("gone.log")}`)).toMatchObject({ code: 8 });
    expect(await system().smith(`monitor plans import ${folder.path}`)).toMatchObject({ code: 1 });
    const list = await system().text("monitor plans list --limit 1");
    expect(list.stdout).toContain("executed");
    expect(list.stdout).not.toContain("\u001b");
  });

  it("plans capture says what is missing where statements are not recorded", async () => {
    await system().sql("DROP EXTENSION pg_stat_statements");
    // Where the library is loaded, nothing must be restarted.
    expect(await system().smith("monitor plans capture")).toMatchObject({
      code: 7,
      json: {
        error: { hint: expect.stringMatching(/^CREATE EXTENSION pg_stat_statements in this database/) },
      },
    });
    expect(await system().smith("monitor slow --over 1s")).toMatchObject({ code: 7 });
    await system().sql("CREATE EXTENSION pg_stat_statements");
  });

  it("says that the server is not there, and ends within its time", async () => {
    const url = new URL(system().url);
    url.port = "1";
    for (const command of ["metrics", "locks", "slow"])
      expect(await smithOn(url.href)(`monitor ${command}`)).toMatchObject({ code: 6 });
    // Of a plugin that would be a code of its own, or none.
    expect(await smithOn(url.href)("monitor check")).toMatchObject({
      code: 3,
      json: { error: { exitCode: 3 } },
    });
  });
});
