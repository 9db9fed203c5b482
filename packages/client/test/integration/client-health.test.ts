import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type Database } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { halfOpenProxy } from "../support/half-open-proxy.ts";
import {
  addNote,
  addressOf,
  closeWatch,
  openDatabase,
  serverPort,
  sleepFor,
} from "../support/replicated-database.ts";
import {
  ask,
  postgresMajors,
  type ReplicatedServers,
  replicatedServers,
} from "../support/replicated-servers.ts";

describe.each(await postgresMajors())("the health of the pools on PostgreSQL $major", ({ binDir }) => {
  let servers: ReplicatedServers;
  let replica: ReplicatedServers["replicas"][number] | ReplicatedServers["primary"];
  let db: Database | undefined;
  beforeAll(async () => {
    servers = await replicatedServers({ binDir });
    replica = servers.replicas[0] ?? servers.primary;
  });
  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await db?.close();
    await servers.revive();
  });

  it("tells of every pool where it is, how it is and what its connections do, as plain JSON", async () => {
    const opened = await openDatabase({ primaries: [servers.primary], replicas: [replica, replica] });
    db = opened;
    await opened.write.one(addNote(1));
    await eventually("the replica takes reads", async () => (await opened.health()).healthy);
    await opened.read.one(serverPort);
    await eventually("the connections were given back", () =>
      opened.pools().every(({ active }) => active === 0),
    );
    const health = await opened.health();
    expect(JSON.parse(JSON.stringify(health))).toEqual(health);
    const common = {
      healthy: true,
      reachable: true,
      latencyMs: expect.any(Number),
      active: 0,
      waiting: 0,
      breaker: "closed",
      error: null,
      why: expect.stringContaining("answers"),
    };
    const primary = {
      ...common,
      address: addressOf(servers.primary),
      role: "primary",
      lagMs: null,
      lagBytes: null,
    };
    const standby = {
      ...common,
      address: addressOf(replica),
      role: "replica",
      lagMs: expect.any(Number),
      lagBytes: expect.any(Number),
    };
    expect(health.pools.map(({ name }) => name)).toEqual([
      "primary",
      "replica_0",
      "replica_1",
      "background",
      "analytics_0",
      "analytics_1",
    ]);
    expect(health.pools[0]).toEqual({ ...primary, name: "primary", pool: "primary", idle: 1, max: 20 });
    expect(health.pools[1]).toEqual({ ...standby, name: "replica_0", pool: "replica", idle: 1, max: 15 });
    expect(health.pools[3]).toEqual({ ...primary, name: "background", pool: "background", idle: 0, max: 5 });
    expect(health.pools[4]).toEqual({ ...standby, name: "analytics_0", pool: "analytics", idle: 0, max: 10 });
  });

  it("says in a sentence what is wrong with a server that died, and is well again when it is back", async () => {
    const opened = await openDatabase({ primaries: [servers.primary], replicas: [replica] });
    db = opened;
    await replica.kill();
    const health = await opened.health();
    expect(health.healthy).toBe(false);
    expect(health.pools.find(({ name }) => name === "replica_0")).toMatchObject({
      healthy: false,
      reachable: false,
      error: expect.stringContaining("ECONNREFUSED"),
      why: expect.stringContaining(`${addressOf(replica)} does not answer: `),
    });
    expect(health.pools.find(({ name }) => name === "primary")?.healthy).toBe(true);
    await replica.start();
    await eventually("all is well", async () => (await opened.health()).healthy);
  });

  it("does not say of analytics on a replica that it takes no writes, when it is the lag that keeps it away", async () => {
    db = await openDatabase(
      { primaries: [servers.primary], replicas: [replica] },
      { replicaLag: { maxLagMs: 10, maxLagBytes: 1 } },
    );
    await ask(replica.url, "SELECT pg_wal_replay_pause()");
    try {
      const whyOf = async (name: string) =>
        (await db?.health())?.pools.find(
          ({ pool, address }) => pool === name && address.endsWith(`:${replica.port}`),
        )?.why;
      await eventually("it is behind", async () => {
        await ask(servers.primary.url, "SELECT pg_logical_emit_message(false, 'lag', repeat('x', 1000))");
        return /too far behind/.test((await whyOf("replica")) ?? "");
      });
      for (const name of ["replica", "analytics"])
        expect((await whyOf(name)) ?? "too far behind", name).toContain("too far behind");
    } finally {
      await ask(replica.url, "SELECT pg_wal_replay_resume()");
    }
  });

  it("says that callers wait when all connections are in use", async () => {
    const opened = await openDatabase({ primaries: [servers.primary] }, { primary: { max: 2 } });
    db = opened;
    const busy = [1, 2, 3].map(() => opened.write.one(sleepFor(600)).catch(() => {}));
    await eventually("two wait", () => opened.pools()[0]?.waiting === 2);
    const [primary] = (await opened.health()).pools;
    expect(primary).toMatchObject({ healthy: true, active: 1, waiting: 2, max: 2 });
    expect(primary?.why).toContain("all 1 connections are in use and 2 callers wait");
    await eventually("all were ended", async () => {
      await ask(
        servers.primary.url,
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
      );
      return opened.pools()[0]?.active === 0;
    });
    await Promise.all(busy);
  });

  it("is told although no server answers at all", async () => {
    await using proxy = await halfOpenProxy(servers.primary);
    proxy.swallow();
    db = await createDatabase({
      ...closeWatch,
      monitor: { intervalMs: 100, timeoutMs: 200 },
      primary: { url: proxy.through(servers.primary.url) },
    });
    const { healthy, pools } = await db.health();
    expect(healthy).toBe(false);
    expect(pools[0]).toMatchObject({
      reachable: false,
      role: null,
      latencyMs: null,
      // Whichever of the two is over first: the time of the probe, or that of the connection which it opens.
      why: expect.stringMatching(/no answer to a probe within 200 ms|does not answer: .*: timeout expired/),
    });
  });

  it("is still told after the end, when every call is refused and no connection is left", async () => {
    const opened = await openDatabase({ primaries: [servers.primary], replicas: [replica] });
    const last = opened.write.one(addNote(2));
    const slow = opened.write.one(sleepFor(0.3));
    await Promise.all([opened.close(), opened.close()]);
    expect(await last).toEqual({ id: 2 });
    expect(await slow).toEqual({ done: true });
    const closed = expect.objectContaining({ code: "CLOSED" });
    await expect(opened.read.one(serverPort)).rejects.toEqual(closed);
    await expect(opened.write.one(serverPort)).rejects.toEqual(closed);
    await expect(opened.transaction(async () => {})).rejects.toEqual(closed);
    await expect(opened.connect(async () => {})).rejects.toEqual(closed);
    await expect(opened.ready()).rejects.toEqual(closed);
    const { healthy, pools } = await opened.health();
    expect(healthy).toBe(false);
    expect(pools).toHaveLength(4);
    for (const pool of pools)
      expect(pool).toMatchObject({ healthy: false, reachable: false, why: "The database was closed." });
    for (const { url } of [servers.primary, replica])
      await eventually("no connection is left", async () => {
        const [row] = await ask(
          url,
          "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'smith/%'",
        );
        return row?.["n"] === 0;
      });
  });
});
