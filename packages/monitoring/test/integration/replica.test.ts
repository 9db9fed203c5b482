import type { EmbeddedPostgres, EmbeddedReplica } from "@mister-smith/embedded";
import { listPostgres, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMonitor, type Monitor, type Snapshot } from "../../src/index.ts";

const installed = await listPostgres();
const majors = [...new Map(installed.map((one) => [one.version.major, one])).values()];

describe.each(majors)("a look at a replica of PostgreSQL $version.major", ({ binDir }) => {
  let primary: EmbeddedPostgres;
  let replica: EmbeddedReplica;
  let client: Client;
  let monitor: Monitor;
  beforeAll(async () => {
    const settings = { wal_retrieve_retry_interval: "50ms" };
    primary = await startPostgres({ binDir, durability: "fast", settings });
    replica = await primary.startReplica({});
    client = new Client({ connectionString: primary.url });
    await client.connect();
    await migrateUp({ connection: primary.url, folder: migrationsFolder() });
    await client.query(`CREATE EXTENSION pgstattuple; CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
      CREATE UNLOGGED TABLE public.not_there AS SELECT generate_series(1, 10000) AS a;
      CREATE TABLE public.there AS SELECT generate_series(1, 10000) AS a; CREATE INDEX ON public.there (a)`);
    await client.query("VACUUM ANALYZE public.there");
    monitor = await createMonitor({ url: replica.url });
  });
  afterAll(async () => {
    await monitor?.close();
    await client?.end();
    await replica?.stop();
    await primary?.stop();
  });

  const valuesOf = ({ samples }: Snapshot, name: string) =>
    samples.filter(({ metric }) => metric.name === name).map(({ value }) => value);
  const stateOf = ({ collectors }: Snapshot, name: string) =>
    collectors.find((collector) => collector.name === name)?.state;
  /** Looks anew, as if nothing had been asked, until it is so. */
  async function lookUntil(is: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    for (;;) {
      await using one = await createMonitor({ url: replica.url });
      const snapshot = await one.look();
      if (is(snapshot)) return snapshot;
    }
  }
  const write = async () => await client.query("SELECT pg_current_xact_id(), pg_switch_wal()");

  it("is answered by every collector that a replica can answer", async () => {
    // What was made on the primary arrives in its time.
    const snapshot = await lookUntil(
      (one) => stateOf(one, "table_bloat") === "ok" && valuesOf(one, "smith_pg_index_bytes").length > 0,
    );
    const notOk = snapshot.collectors.filter(({ state }) => state !== "ok");
    expect(notOk.map(({ name, state }) => [name, state])).toEqual([["statements", "unsupported"]]);
    expect(valuesOf(snapshot, "smith_pg_in_recovery")).toEqual([1]);
    expect(stateOf(snapshot, "replica")).toBe("ok");
  });

  it("has no lag while it is connected and nothing is written, however long ago the last change was", async () => {
    await write();
    const seconds = "smith_pg_replica_lag_seconds";
    await lookUntil((snapshot) => valuesOf(snapshot, seconds)[0] === 0);
    // Were the age of the last transaction the lag, it would be more than nothing by now.
    const asked = new Client({ connectionString: replica.url });
    await asked.connect();
    const { rows } = await asked.query(
      "SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) AS age",
    );
    await asked.end();
    expect(Number(rows[0].age)).toBeGreaterThan(0);
    await using one = await createMonitor({ url: replica.url });
    const snapshot = await one.look();
    expect(valuesOf(snapshot, seconds)).toEqual([0]);
    expect(valuesOf(snapshot, "smith_pg_replica_streaming")).toEqual([1]);
  });

  it("grows a lag when its link is cut, though it has all that it ever received", async () => {
    await write();
    await lookUntil((snapshot) => valuesOf(snapshot, "smith_pg_replica_lag_seconds")[0] === 0);
    const control = new Client({ connectionString: replica.url });
    await control.connect();
    await control.query("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1 connect_timeout=1'");
    await control.query("SELECT pg_reload_conf()");
    await control.end();
    const cut = await lookUntil(
      (snapshot) =>
        valuesOf(snapshot, "smith_pg_replica_streaming")[0] === 0 ||
        stateOf(snapshot, "replica") === "not visible",
    );
    const [first = 0] = valuesOf(cut, "smith_pg_replica_lag_seconds");
    expect(first).toBeGreaterThan(0);
    expect(valuesOf(cut, "smith_pg_replica_streaming")).toEqual([0]);
    const later = await lookUntil(
      (snapshot) => (valuesOf(snapshot, "smith_pg_replica_lag_seconds")[0] ?? 0) > first,
    );
    expect(stateOf(later, "replica")).toBe("ok");
  });

  it("takes two connections at most", async () => {
    await monitor.look();
    const asked = new Client({ connectionString: replica.url });
    await asked.connect();
    const { rows } = await asked.query(
      "SELECT count(*)::INT AS n FROM pg_stat_activity WHERE application_name = 'smith-monitor'",
    );
    await asked.end();
    expect(rows[0].n).toBeLessThanOrEqual(2);
  });
});
