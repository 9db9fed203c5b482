import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type Database } from "@mister-smith/client";
import { type EmbeddedPostgres, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters } from "@mister-smith/testkit";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import {
  createChannels,
  createMonitor,
  deliverAlerts,
  keepAlerts,
  type Monitor,
  markTold,
  type Notification,
  untoldChanges,
} from "../../src/index.ts";

const longTest = 120_000;

describe.each(clusters())("alerts of a PostgreSQL $major of their own", ({ major }) => {
  it("fire of a follower that stays behind, are over when it has caught up, and tell of one that dies", {
    timeout: longTest,
  }, async () => {
    await using lab = await serverLab(major, {});
    const metric = "replication_lag_seconds";
    await lab.watch(metric, 0.2, 1_000);
    await using monitor = await createMonitor({ url: lab.server.url, intervalMs: 0 });
    // Nobody ever followed it: that is no news.
    expect(await lab.told(monitor)).toEqual([]);
    await using replica = await lab.server.startReplica({
      settings: { wal_receiver_status_interval: 1, hot_standby: true },
    });
    const streams = "SELECT FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn IS NOT NULL";
    while ((await lab.sql(streams)).length === 0);
    const follower = new Client({ connectionString: replica.url });
    await follower.connect();
    try {
      await follower.query("SELECT pg_wal_replay_pause()");
      await lab.sql("CREATE TABLE public.followed (a INT)");
      const write = () => lab.sql("INSERT INTO public.followed VALUES (1)");
      expect(await lab.until(monitor, write)).toEqual([`${metric} firing warning`]);
      await follower.query("SELECT pg_wal_replay_resume()");
      expect(await lab.until(monitor, async () => {})).toEqual([`${metric} ok`]);
      await follower.query("SELECT pg_wal_replay_pause()");
      expect(await lab.until(monitor, write)).toEqual([`${metric} firing warning`]);
    } finally {
      await follower.end();
    }
    await replica.stop();
    expect(await lab.until(monitor, async () => {})).toEqual([`${metric} no data`]);
    expect(await lab.sql("SELECT reason FROM monitoring.alerts")).toEqual([
      { reason: "nobody follows this server" },
    ]);
    expect(await lab.told(monitor)).toEqual([]);
  });

  it("tell nothing of a fresh server of what is not there by its nature", { timeout: longTest }, async () => {
    await using lab = await serverLab(major, {});
    // How full the disks of this machine are is not known here.
    await lab.sql(
      "UPDATE monitoring.alert_thresholds SET hold_for = '0', check_interval = '1 ms', enabled = metric_name <> 'disk_usage_percent'",
    );
    await using monitor = await createMonitor({ url: lab.server.url, intervalMs: 0 });
    expect(await lab.told(monitor)).toEqual([]);
    expect(await lab.told(monitor)).toEqual([]);
    expect(await lab.sql("SELECT DISTINCT state FROM monitoring.alerts")).toEqual([{ state: "ok" }]);
  });

  it("fire of a cache that is too small for what is read, and are over when that is read no more", {
    timeout: longTest,
  }, async () => {
    await using lab = await serverLab(major, { shared_buffers: "1MB" });
    const metric = "cache_hit_ratio";
    await lab.sql("CREATE TABLE public.large AS SELECT generate_series(1, 300000) AS a");
    await lab.sql("CREATE TABLE public.small AS SELECT generate_series(1, 10) AS a");
    await lab.sql("VACUUM ANALYZE public.large, public.small");
    await using monitor = await createMonitor({ url: lab.server.url, intervalMs: 0, windowMs: 1 });
    const hits = () =>
      lab.sql(`SELECT count(*) FROM generate_series(1, 200000) AS g
        CROSS JOIN LATERAL (SELECT FROM public.small AS s WHERE s.a = g % 10 + 1 OFFSET 0) AS one`);
    await lab.watch(metric, 90, 10);
    await hits();
    await lab.told(monitor);
    for (let n = 0; n < 5; n += 1) await lab.sql("SELECT count(*) FROM public.large");
    expect(await lab.told(monitor)).toEqual([expect.stringMatching(new RegExp(`^${metric} firing `))]);
    await hits();
    expect(await lab.told(monitor)).toEqual([`${metric} ok`]);
  });

  it("are as they were after the server was killed, and are told then, once", {
    timeout: longTest,
  }, async () => {
    await using lab = await serverLab(major, {});
    const metric = "connection_pool_usage_percent";
    const logged: Notification[] = [];
    const channels = createChannels(
      {},
      { env: {}, publisher: { publish: () => Promise.resolve() }, log: (told) => void logged.push(told) },
    );
    const deliver = () =>
      deliverAlerts(lab.database, {
        channels,
        instance: "here",
        giveUpAfterMs: 86_400_000,
        signal: new AbortController().signal,
      });
    await lab.watch(metric, 0.01, 1_000);
    await using monitor = await createMonitor({ url: lab.server.url, intervalMs: 0 });
    await keepAlerts(lab.database, await monitor.check());
    const [before] = await lab.sql("SELECT state, since, began_at FROM monitoring.alerts");
    expect(before).toMatchObject({ state: "firing" });
    await lab.restart();
    await lab.database.ready({ timeoutMs: 60_000 });
    await keepAlerts(lab.database, await monitor.check());
    expect(await lab.sql("SELECT state, since, began_at FROM monitoring.alerts")).toEqual([before]);
    await deliver();
    await deliver();
    expect(logged).toMatchObject([{ name: metric, state: "firing", severity: "warning" }]);
    await lab.watch(metric, 99, 100);
    await keepAlerts(lab.database, await monitor.check());
    await deliver();
    expect(logged.slice(1)).toMatchObject([{ name: metric, state: "ok" }]);
  });
});

interface ServerLab extends AsyncDisposable {
  readonly server: EmbeddedPostgres;
  readonly database: Database;
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Has one metric be an alert, at once. */
  watch(metric: string, warning: number, critical: number): Promise<void>;
  /** Looks, and says what is to be told. */
  told(monitor: Monitor): Promise<readonly string[]>;
  /** Does something and looks until there is something to be told. */
  until(monitor: Monitor, work: () => Promise<unknown>): Promise<readonly string[]>;
  /** Kills the server and starts it again. */
  restart(): Promise<void>;
}

async function serverLab(
  major: number,
  settings: Readonly<Record<string, string | number>>,
): Promise<ServerLab> {
  const dataDir = await mkdtemp(join(tmpdir(), "smith-alerts-"));
  const server = await startPostgres({ major, durability: "fast", dataDir, settings });
  await migrateUp({ connection: server.url, folder: migrationsFolder() });
  const database = await createDatabase({ primary: { url: server.url, min: 0 } });
  const sql = async (text: string, values: readonly unknown[] = []) => {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      // Its statistics are told when it ends.
      await client.end();
    }
  };
  const told = async (monitor: Monitor) => {
    await keepAlerts(database, await monitor.check());
    const changes = await untoldChanges(database.write);
    await markTold(
      database.write,
      changes.map(({ change_id: id }) => id),
    );
    return changes.map(({ metric_name: metric, state, severity }) =>
      [metric, state, severity ?? ""].join(" ").trim(),
    );
  };
  return {
    server,
    database,
    sql,
    told,
    watch: async (metric, warning, critical) => {
      await sql(
        `UPDATE monitoring.alert_thresholds
         SET warning_threshold = $2, critical_threshold = $3, hold_for = '0', check_interval = '1 ms'
         WHERE metric_name = $1`,
        [metric, warning, critical],
      );
      await sql("UPDATE monitoring.alert_thresholds SET enabled = metric_name = $1", [metric]);
    },
    until: async (monitor, work) => {
      for (;;) {
        await work();
        const changes = await told(monitor);
        if (changes.length > 0) return changes;
      }
    },
    restart: async () => {
      await server.kill();
      await server.start();
    },
    async [Symbol.asyncDispose]() {
      await database.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
