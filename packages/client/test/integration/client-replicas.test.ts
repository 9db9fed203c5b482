import type { EmbeddedPostgres, EmbeddedReplica } from "@mister-smith/embedded";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Database, sql } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import {
  addNote,
  addressOf,
  countNotes,
  openDatabase,
  serverPort,
  sleepAndTellPort,
} from "../support/replicated-database.ts";
import {
  ask,
  atLeastTwo,
  postgresMajors,
  type ReplicatedServers,
  replicatedServers,
} from "../support/replicated-servers.ts";

const numbers = z.object({ n: z.int() });

describe.each(await postgresMajors())("reading from replicas of PostgreSQL $major", ({ binDir }) => {
  let servers: ReplicatedServers;
  let db: Database;
  let one: EmbeddedReplica;
  let two: EmbeddedReplica;
  beforeAll(async () => {
    servers = await replicatedServers({ binDir, replicas: 2 });
    [one, two] = atLeastTwo(servers.replicas);
  });
  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await servers.revive();
    await ask(servers.primary.url, "TRUNCATE notes");
  });
  afterEach(async () => {
    await db.close();
  });

  async function open(
    replicas: readonly EmbeddedReplica[],
    options: Parameters<typeof openDatabase>[1] = {},
  ) {
    db = await openDatabase({ primaries: [servers.primary], replicas }, options);
    await allReplicasTakeReads();
  }

  it("goes to the replica with the least to do, and to the primary only when there is none", async () => {
    await open([one, two]);
    const ports = [one.port, two.port];
    const taken = await Promise.all(Array.from({ length: 6 }, () => db.read.oneFirst(sleepAndTellPort(0.2))));
    expect(taken.toSorted()).toEqual([...ports, ...ports, ...ports].toSorted());
    await Promise.all([one.kill(), two.kill()]);
    expect(await db.read.oneFirst(serverPort)).toBe(servers.primary.port);
  });

  it("costs no caller a read when a replica dies under load, one failed probe at most, and goes back to it", async () => {
    await open([one, two]);
    const changes = serverChanges(one);
    const load = readUnderLoad(12);
    await eventually("both replicas are read from", () => load.portsSeen().size === 2);

    await one.kill();
    await eventually("the death is noticed", () => changes.at(-1)?.to === "down");
    const from = load.count();
    await eventually("reads go on", () => load.count() > from + 200);
    expect([...load.portsSince(from + 24)]).toEqual([two.port]);

    await one.start();
    await eventually("it is read from again", () => load.portsSince(load.count() - 50).has(one.port));
    expect(await load.stop()).toEqual([]);
    expect(changes.filter(({ to }) => to === "down")).toHaveLength(1);
  });

  it("asks a replica that is down when it is probed, and never for a caller", async () => {
    // No probe but those that the test asks for.
    await open([one], { monitor: { intervalMs: 3_600_000, timeoutMs: 10_000 } });
    await one.kill();
    await eventually("the death is noticed", async () => !(await healthOf("replica_0")).reachable);
    let attempts = 0;
    db.on("connection", ({ type, address }) => {
      if (type === "error" && address === addressOf(one)) attempts += 1;
    });
    const readManyTimes = () => Promise.all(Array.from({ length: 50 }, () => db.read.one(serverPort)));
    await readManyTimes();
    expect(attempts).toBe(0);
    await db.health();
    const ofOneProbe = attempts;
    expect(ofOneProbe).toBeGreaterThan(0);
    await Promise.all([db.health(), db.health(), readManyTimes()]);
    expect(attempts).toBe(2 * ofOneProbe);
  });

  it("opens while a replica is down, and takes it in when it comes up", async () => {
    await one.kill();
    db = await openDatabase({ primaries: [servers.primary], replicas: [one] });
    expect(await db.read.oneFirst(serverPort)).toBe(servers.primary.port);
    expect(await healthOf("replica_0")).toMatchObject({ reachable: false, healthy: false });
    await one.start();
    await allReplicasTakeReads();
    expect(await db.read.oneFirst(serverPort)).toBe(one.port);
  });

  it("leaves alone a replica that has stopped receiving, while an idle primary is no reason to", async () => {
    await open([one], { replicaLag: { maxLagMs: 500 } });
    // Nothing is written: the replica has everything, for as long as that lasts.
    for (let probes = 0; probes < 10; probes += 1) {
      const { lagMs, healthy } = await healthOf("replica_0");
      expect({ lagMs, healthy }).toEqual({ lagMs: 0, healthy: true });
    }
    const [shown] = await ask(one.url, "SELECT current_setting('primary_conninfo') AS conninfo");
    await ask(one.url, "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'");
    await ask(one.url, "SELECT pg_reload_conf()");
    await eventually("the replica is cut off", async () => {
      const [row] = await ask(one.url, "SELECT count(*)::int AS n FROM pg_stat_wal_receiver");
      return row?.["n"] === 0;
    });
    await db.write.one(addNote(1));
    await eventually("the lag is noticed", async () => !(await healthOf("replica_0")).healthy);
    const behind = await healthOf("replica_0");
    expect(behind).toMatchObject({ reachable: true, why: expect.stringContaining("too far behind") });
    expect(behind.lagMs).toBeGreaterThan(500);
    expect(await db.read.oneFirst(countNotes)).toBe(1);
    expect(await db.read.oneFirst(serverPort)).toBe(servers.primary.port);
    await ask(one.url, `ALTER SYSTEM SET primary_conninfo = $$${shown?.["conninfo"]}$$`);
    await ask(one.url, "SELECT pg_reload_conf()");
    await allReplicasTakeReads();
  });

  it("keeps reading from a replica that had everything when the primary dies", async () => {
    await open([one]);
    await db.write.one(addNote(1));
    await eventually("the replica has it", async () => (await healthOf("replica_0")).lagBytes === 0);
    await eventually("the note is on the replica", async () => {
      const [row] = await ask(one.url, "SELECT count(*)::int AS n FROM notes");
      return row?.["n"] === 1;
    });
    await servers.primary.kill();
    await eventually("the death is noticed", async () => !(await healthOf("primary")).reachable);
    expect(await db.read.oneFirst(countNotes)).toBe(1);
    expect(await db.read.oneFirst(serverPort)).toBe(one.port);
  });

  it("streams from another replica when one dies before the first row", async () => {
    await open([one, two]);
    const rows = sql.type(numbers)`SELECT n FROM generate_series(1, 3) AS n, (SELECT pg_sleep(0.3)) AS slept`;
    const streamed = collect(db.read.stream(rows));
    await one.kill();
    expect((await streamed).map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  it("says of every server why none can be read from, when the time is up", async () => {
    await open([one]);
    await Promise.all([servers.primary.kill(), one.kill()]);
    const failure = db.read.one(serverPort, { timeoutMs: 1_500 });
    await expect(failure).rejects.toMatchObject({
      code: "NO_PRIMARY",
      retryable: true,
      details: {
        servers: [
          {
            address: addressOf(one),
            why: expect.stringContaining("ECONNREFUSED"),
          },
          { address: addressOf(servers.primary), why: expect.stringContaining("ECONNREFUSED") },
        ],
      },
    });
  });

  async function healthOf(name: string) {
    const pool = (await db.health()).pools.find((one) => one.name === name);
    if (pool === undefined) throw new Error(`there is no pool ${name}`);
    return pool;
  }

  async function allReplicasTakeReads() {
    await eventually("all replicas take reads", async () =>
      (await db.health()).pools.filter(({ pool }) => pool === "replica").every(({ healthy }) => healthy),
    );
  }

  async function collect<Row>(rows: AsyncIterable<Row>): Promise<readonly Row[]> {
    const all: Row[] = [];
    for await (const row of rows) all.push(row);
    return all;
  }

  function serverChanges(server: EmbeddedPostgres) {
    const changes: { readonly from: string; readonly to: string }[] = [];
    db.on("server", (change) => {
      if (change.address === addressOf(server)) changes.push(change);
    });
    return changes;
  }

  function readUnderLoad(callers: number) {
    const ports: number[] = [];
    const errors: unknown[] = [];
    let stopped = false;
    const running = Array.from({ length: callers }, async () => {
      while (!stopped)
        await db.read.oneFirst(serverPort).then(
          (port) => ports.push(port),
          (error) => errors.push(error),
        );
    });
    return {
      count: () => ports.length,
      portsSeen: () => new Set(ports),
      portsSince: (index: number) => new Set(ports.slice(Math.max(0, index))),
      stop: async () => {
        stopped = true;
        await Promise.all(running);
        return errors;
      },
    };
  }
});
