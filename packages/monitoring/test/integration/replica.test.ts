import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmbeddedPostgres, EmbeddedReplica } from "@mister-smith/embedded";
import { listPostgres, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { createMonitor, type Monitor, type Snapshot } from "../../src/index.ts";

const installed = await listPostgres();
const majors = [...new Map(installed.map((one) => [one.version.major, one])).values()];

describe.each(majors)("a look at a replica of PostgreSQL $version.major", ({ binDir, version, origin }) => {
  let primary: EmbeddedPostgres;
  let replica: EmbeddedReplica;
  let client: Client;
  let monitor: Monitor;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "smith-replica-"));
    await chmod(folder, 0o777);
    const settings = { wal_retrieve_retry_interval: "50ms" };
    primary = await startPostgres({ binDir, durability: "fast", settings });
    // Of data of its own, its slot stays when it is stopped.
    replica = await primary.startReplica({ dataDir: join(folder, "data") });
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
    await rm(folder, { recursive: true, force: true });
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

  // The servers of the npm registry come without the tools.
  const itHasTools = (title: string, test: (context: TestContext) => Promise<void>) => {
    if (origin !== "npm") it(title, test);
  };

  itHasTools(
    "is seen by the primary with its lag, also beside one who only receives the log, which has none",
    async (context) => {
      if (!existsSync(join(binDir, "pg_receivewal"))) return context.skip("pg_receivewal is not here");
      const received = await mkdtemp(join(folder, "received-"));
      const receiver = spawn(
        join(binDir, "pg_receivewal"),
        ["--directory", received, "--dbname", `${primary.url}?application_name=receiver`],
        { stdio: "ignore" },
      );
      const ended = new Promise((resolve) => receiver.once("close", resolve));
      try {
        const streams =
          "SELECT FROM pg_stat_replication WHERE application_name = 'receiver' AND write_lsn IS NOT NULL";
        await write();
        while ((await client.query(streams)).rowCount === 0);
        await using one = await createMonitor({ url: primary.url });
        const snapshot = await one.look();
        expect(stateOf(snapshot, "followers")).toBe("ok");
        const applications = (name: string) =>
          snapshot.samples
            .filter(({ metric }) => metric.name === name)
            .map(({ labels }) => labels["application"] === "receiver");
        expect(applications("smith_pg_followers").toSorted()).toEqual([false, true]);
        expect(applications("smith_pg_follower_lag_bytes")).toEqual([false]);
      } finally {
        receiver.kill("SIGTERM");
        await ended;
      }
    },
  );

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

  it("that is gone is no follower any more, and leaves a slot that nobody uses", async () => {
    await replica.stop();
    const { slot } = replica;
    const gone = "SELECT FROM pg_replication_slots WHERE slot_name = $1 AND NOT active";
    while ((await client.query(gone, [slot])).rowCount === 0);
    const look = async () => {
      await using one = await createMonitor({ url: primary.url });
      const snapshot = await one.look();
      const of = (name: string) =>
        snapshot.samples
          .filter(({ metric, labels }) => metric.name === name && labels["slot"] === slot)
          .map(({ value }) => value);
      return { snapshot, of };
    };
    const { snapshot, of } = await look();
    expect(stateOf(snapshot, "followers")).toBe("ok");
    expect(valuesOf(snapshot, "smith_pg_follower_lag_bytes")).toEqual([]);
    expect(of("smith_pg_replication_slot_active")).toEqual([0]);
    const [since] = of("smith_pg_replication_slot_inactive_seconds");
    expect(since !== undefined).toBe(version.major >= 17);
    if (since !== undefined)
      expect((await look()).of("smith_pg_replication_slot_inactive_seconds")[0]).toBeGreaterThan(since);
  });
});

it.each(majors)(
  "a replica of PostgreSQL $version.major that never replayed a transaction has a lag when its primary is gone",
  async ({ binDir }) => {
    const primary = await startPostgres({ binDir, durability: "fast" });
    const replica = await primary.startReplica({});
    try {
      const asked = new Client({ connectionString: replica.url });
      await asked.connect();
      await primary.stop();
      const receives = "SELECT FROM pg_stat_wal_receiver";
      while ((await asked.query(receives)).rowCount !== 0);
      const { rows } = await asked.query("SELECT pg_last_xact_replay_timestamp() AS at");
      await asked.end();
      expect(rows).toEqual([{ at: null }]);
      await using one = await createMonitor({ url: replica.url });
      const { samples, collectors } = await one.look();
      expect(collectors.find(({ name }) => name === "replica")?.state).toBe("ok");
      const lag = samples.find(({ metric }) => metric.name === "smith_pg_replica_lag_seconds");
      expect(lag?.value).toBeGreaterThan(0);
    } finally {
      await replica.stop();
      await primary.stop();
    }
  },
);
